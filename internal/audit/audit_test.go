package audit_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/audit/audittest"
	"shopflow.dev/shopflow/internal/database"
	"shopflow.dev/shopflow/test/postgres"
)

var server postgres.Server

func TestMain(m *testing.M) { os.Exit(postgres.Main(m, &server)) }

type log interface {
	Record(ctx context.Context, entry audit.Entry) error
	List(ctx context.Context, filter audit.Filter, before int64, limit int) ([]audit.Entry, error)
}

func TestLog(t *testing.T) {
	t.Run("Memory", func(t *testing.T) { check(t, &audittest.Memory{}) })
	t.Run("Postgres", func(t *testing.T) {
		dsn := server.DSN(t)
		again, err := database.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		again.Close()
		pool, err := database.Open(t.Context(), dsn) // The second start finds the tables there.
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		check(t, audit.New(pool))
		old := audit.New(pool)
		newest, err := old.List(t.Context(), audit.Filter{}, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		// Nothing but the newest entry is younger.
		if err := old.DeleteExpired(t.Context(), newest[0].At.Add(audit.Retention)); err != nil {
			t.Fatal(err)
		}
		if left, err := old.List(t.Context(), audit.Filter{}, 4_000_000_000, 9); err != nil || !cmp.Equal(newest, left) {
			t.Errorf("kept %+v (%v), want %+v", left, err, newest)
		}
	})
}

func check(t *testing.T, log log) {
	t.Helper()
	var want []audit.Entry
	for i := range 5 {
		entry := audit.Entry{
			At: time.Date(2026, 11, 22, 12, i, 0, 0, time.UTC), ActorID: "1", ActorEmail: "me@example.com", Action: "store.create",
			Target: fmt.Sprintf(`it's "%d"; DROP TABLE audit`, i), Outcome: audit.Done, Client: "203.0.113.7", RequestID: "r",
		}
		if err := log.Record(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		entry.ID = int64(i + 1)
		want = append([]audit.Entry{entry}, want...)
	}
	first, err := log.List(t.Context(), audit.Filter{}, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	before, err := audit.ParseCursor(first[2].Cursor())
	if err != nil {
		t.Fatal(err)
	}
	second, err := log.List(t.Context(), audit.Filter{}, before, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, append(first, second...)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		filter audit.Filter
		want   []audit.Entry
	}{
		{audit.Filter{Kind: "store", Text: "ME@EXAMPLE"}, want},
		{audit.Filter{Text: `IT'S "3"`}, want[1:2]},
		{audit.Filter{Kind: "user"}, nil},
		{audit.Filter{Kind: "stor"}, nil},
		{audit.Filter{Text: "%"}, nil},
		{audit.Filter{Text: "store.create"}, nil},
	} {
		if got, err := log.List(t.Context(), test.filter, 0, 9); err != nil || len(got) != len(test.want) || len(got) > 0 && got[0].ID != test.want[0].ID {
			t.Errorf("%+v lists %+v (%v), want %+v", test.filter, got, err, test.want)
		}
	}
	if _, err := audit.ParseCursor("1; DROP"); err == nil {
		t.Error("a cursor that was not made here was accepted")
	}
}
