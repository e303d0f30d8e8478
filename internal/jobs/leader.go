package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// leaderLock is the first key of the advisory lock that the leader holds. The second one is the schema's, so that platforms
	// that share a database have a leader each.
	leaderLock = 0x5f10_1ead
	// lockInterval is how often a server that does not lead tries to, and so bounds how long there is no leader after the connection of
	// one has ended. PostgreSQL could let it wait for the lock instead, but a statement that waits keeps VACUUM from removing
	// dead rows for as long.
	lockInterval = 5 * time.Second
	// statementTimeout bounds each statement, connecting and closing.
	statementTimeout = 5 * time.Second
)

// leader finds out whether this server leads.
type leader struct {
	database *pgx.ConnConfig
	log      *slog.Logger
	interval time.Duration
}

func newLeader(database *pgx.ConnConfig, log *slog.Logger) leader {
	database = database.Copy()
	// Both ends notice within half a minute that the other one's machine is gone; see also connect.
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	database.DialFunc = dialer.DialContext
	return leader{database: database, log: log, interval: lockInterval}
}

// run calls work each time this server begins to lead, with a context that ends when it no longer does. It returns when the context is
// done and work has returned.
func (l leader) run(ctx context.Context, work func(context.Context)) {
	ticker := time.NewTicker(l.interval)
	defer ticker.Stop()
	for {
		if err := l.term(ctx, ticker, work); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "background jobs wait for the database", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// term waits for the lock and works until the connection that holds it ends.
func (l leader) term(ctx context.Context, ticker *time.Ticker, work func(context.Context)) error {
	connection, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer closeConnection(ctx, connection)
	for {
		leads, err := tryLock(ctx, connection)
		if err != nil {
			return err
		}
		if leads {
			break
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
	l.log.InfoContext(ctx, "this server leads and runs the background jobs")
	leading, end := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		// Nothing is sent on this connection: the wait ends when the connection does, and with it the lock.
		_, err := connection.WaitForNotification(leading)
		end(fmt.Errorf("lost the lead: %w", err))
	}()
	work(leading)
	cause := context.Cause(leading)
	end(nil)
	<-watched
	return cause
}

// connect opens a connection that lives as long as its two ends do.
func (l leader) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	connection, err := pgx.ConnectConfig(ctx, l.database)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	_, err = connection.Exec(ctx, `SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET idle_session_timeout = 0`)
	if err != nil {
		closeConnection(ctx, connection)
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	return connection, nil
}

// tryLock takes the lock, if no other session has it, until the connection ends.
func tryLock(ctx context.Context, connection *pgx.Conn) (leads bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	err = connection.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, hashtext(coalesce(current_schema(), '')))`, leaderLock).Scan(&leads)
	if err != nil {
		return false, fmt.Errorf("try to lead: %w", err)
	}
	return leads, nil
}

func closeConnection(ctx context.Context, connection *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statementTimeout)
	defer cancel()
	_ = connection.Close(ctx) // PostgreSQL ends the session all the same.
}
