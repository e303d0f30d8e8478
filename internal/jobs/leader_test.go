package jobs

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shopflow.dev/shopflow/test/postgres"
)

var database postgres.Server

func TestMain(m *testing.M) { os.Exit(postgres.Main(m, &database)) }

// member is a server of a platform: it counts its job's runs.
type member struct {
	runs atomic.Int64
	stop context.CancelFunc
	done chan struct{}
}

// join starts a server on the database until the test ends or stop is called.
func join(t *testing.T, dsn string) *member {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	m := &member{done: make(chan struct{})}
	runner, err := New(config, slog.New(slog.DiscardHandler), Job{Name: "count", Every: 5 * time.Millisecond, Timeout: time.Second, Run: func(context.Context) error {
		m.runs.Add(1)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	runner.leader.interval = 50 * time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	m.stop = stop
	go func() {
		defer close(m.done)
		_ = runner.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-m.done
	})
	return m
}

// works waits until the server has run its job some more times.
func (m *member) works(t *testing.T) {
	t.Helper()
	before := m.runs.Load()
	eventually(t, "the leader works", func() bool { return m.runs.Load() > before+10 })
}

// TestOneServerLeads starts two servers, and stops the one that leads.
func TestOneServerLeads(t *testing.T) {
	dsn := database.DSN(t)
	first := join(t, dsn)
	first.works(t)
	second := join(t, dsn)
	first.works(t)
	if n := second.runs.Load(); n != 0 {
		t.Errorf("the second server ran the job %d times beside the leader", n)
	}
	first.stop()
	<-first.done
	stopped := first.runs.Load()
	second.works(t)
	if n := first.runs.Load(); n != stopped {
		t.Errorf("the first server ran the job %d times after its end", n-stopped)
	}
}

// TestSchemasHaveALeaderEach starts a server on each of two platforms that share a database.
func TestSchemasHaveALeaderEach(t *testing.T) {
	first, second := join(t, database.DSN(t)), join(t, database.DSN(t))
	first.works(t)
	second.works(t)
}

// TestTheLeadIsLostWithItsConnection ends the leader's session, as a network that breaks does.
func TestTheLeadIsLostWithItsConnection(t *testing.T) {
	dsn := database.DSN(t)
	first := join(t, dsn)
	first.works(t)
	second := join(t, dsn)
	admin, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(context.WithoutCancel(t.Context())) }()
	// Either server may lead next: the leader is ended until it is the second one.
	eventually(t, "the second server leads", func() bool {
		_, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
			WHERE locktype = 'advisory' AND classid = $1 AND objid = hashtext(current_schema())::bigint & 4294967295 AND granted`, leaderLock)
		if err != nil {
			t.Fatal(err)
		}
		return second.runs.Load() > 0
	})
	before := first.runs.Load() + second.runs.Load()
	eventually(t, "a server works", func() bool { return first.runs.Load()+second.runs.Load() > before+10 })
}

// TestADatabaseThatRestarts kills PostgreSQL while one server leads and another waits.
func TestADatabaseThatRestarts(t *testing.T) {
	dsn := database.DSN(t)
	first, second := join(t, dsn), join(t, dsn)
	both := func() int64 { return first.runs.Load() + second.runs.Load() }
	eventually(t, "a server works", func() bool { return both() > 10 })
	database.Restart(t)
	before := both()
	eventually(t, "a server works after the restart", func() bool { return both() > before+10 })
}
