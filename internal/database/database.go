// Package database connects to the PostgreSQL that holds accounts and the audit log, and migrates its tables.
package database

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// migrationLock is the key of the advisory lock that one server at a time holds while it changes tables.
	migrationLock = 0x5f10_b15e
	// openTimeout is how long Open waits for the database: after an installation both start at once.
	openTimeout = time.Minute
	// pingInterval is how often it asks meanwhile.
	pingInterval = 200 * time.Millisecond
	// connectTimeout bounds one attempt to connect.
	connectTimeout = 5 * time.Second
	// maxConnections leaves room for several servers in a database that allows few connections.
	maxConnections = 10
)

//go:embed migrations/*.sql
var migrations embed.FS

// ReadDSN returns the connection string in the file. It is a secret: it has the password.
func ReadDSN(path string) (string, error) {
	if path == "" {
		return "", errors.New("accounts need PostgreSQL: set --database-dsn-file to the file with its connection string")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own flag
	if err != nil {
		return "", fmt.Errorf("accounts need PostgreSQL: read its connection string: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}

// IsUnavailable reports whether the error means that the database is unavailable, so that a retry may succeed.
func IsUnavailable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		// It is shutting down, has crashed, or is starting: class 57 of PostgreSQL's error codes.
		return slices.Contains([]string{"57P01", "57P02", "57P03"}, refused.Code)
	}
	_, broken := errors.AsType[*net.OpError](err)
	return broken || errors.Is(err, io.ErrUnexpectedEOF)
}

// Open connects, waits up to a minute for a database that is starting, and applies the missing migrations.
func Open(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("parse the database's connection string: not one of PostgreSQL") // The cause would show it.
	}
	config.MaxConns = maxConnections
	config.ConnConfig.ConnectTimeout = connectTimeout
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	if err := waitUntilReady(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	if err := migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// waitUntilReady returns when the database answers.
func waitUntilReady(ctx context.Context, pool *pgxpool.Pool) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		err := pool.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the database: %w", err)
		}
	}
}

// migrate applies the missing migrations in the order of their names.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`); err != nil {
			return err
		}
		for _, file := range files {
			if err := apply(ctx, tx, file); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

func apply(ctx context.Context, tx pgx.Tx, file string) error {
	added, err := tx.Exec(ctx, `INSERT INTO migrations (name) VALUES ($1) ON CONFLICT DO NOTHING`, file)
	if err != nil || added.RowsAffected() == 0 {
		return err
	}
	statements, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, string(statements))
	return err
}
