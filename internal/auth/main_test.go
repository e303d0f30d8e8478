package auth_test

import (
	"os"
	"testing"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/auth/authtest"
	"shopflow.dev/shopflow/internal/database"
	"shopflow.dev/shopflow/test/postgres"
)

var server postgres.Server

func TestMain(m *testing.M) { os.Exit(postgres.Main(m, &server)) }

// onEach runs the test on the repository in memory and on a real PostgreSQL.
func onEach(t *testing.T, test func(t *testing.T, repository auth.Repository)) {
	t.Helper()
	t.Run("Memory", func(t *testing.T) { test(t, authtest.NewMemory()) })
	t.Run("Postgres", func(t *testing.T) { test(t, newPostgres(t, server.DSN(t))) })
}

func newPostgres(t *testing.T, dsn string) *auth.Postgres {
	t.Helper()
	pool, err := database.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return auth.NewPostgres(pool)
}
