package images_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const databaseReady = "database system is ready to accept connections"

// store is the environment of one store's database.
func store(name string) map[string]string {
	return map[string]string{
		"DATABASE_NAME":       "medusa",
		"DATABASE_USER":       "medusa",
		"DATABASE_PASSWORD":   name + "Database0123456789",
		"ADMIN_EMAIL":         "owner@" + name + ".example",
		"ADMIN_PASSWORD_HASH": "hash-of-" + name,
		"PUBLISHABLE_KEY":     "pk_" + strings.Repeat(name, 8),
		"STORE_NAME":          name,
	}
}

// volume is what a database keeps: its data, and the folder of its socket, which a container that is restarted in the same pod
// finds as the last one left it.
func volume(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"/data": t.TempDir(), "/run/postgresql": t.TempDir()}
}

func sql(t *testing.T, c *container, statement string) string {
	t.Helper()
	out, err := c.exec(t, "setpriv", "--reuid=10001", "--regid=10001", "--clear-groups",
		"psql", "--no-psqlrc", "--tuples-only", "--no-align", "--host=/run/postgresql", "--username=postgres", "--dbname=medusa",
		"--set=ON_ERROR_STOP=1", "--command="+statement)
	if err != nil {
		t.Fatalf("%s: %v: %s", statement, err, out)
	}
	return out
}

// personal reads what the database was personalized with, in the form of its environment.
func personal(t *testing.T, c *container, password string) map[string]string {
	t.Helper()
	got := map[string]string{
		"DATABASE_NAME": "medusa",
		"DATABASE_USER": sql(t, c, `SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper`),
		"ADMIN_EMAIL": sql(t, c, `SELECT CASE WHEN email = entity_id THEN email ELSE email || ' logs in as ' || entity_id END
			FROM "user", provider_identity`),
		"ADMIN_PASSWORD_HASH": sql(t, c, `SELECT provider_metadata->>'password' FROM provider_identity`),
		"PUBLISHABLE_KEY":     sql(t, c, `SELECT token FROM api_key WHERE type = 'publishable'`),
		"STORE_NAME":          sql(t, c, `SELECT name FROM store`),
	}
	if _, err := c.exec(t, "env", "PGPASSWORD="+password, "psql", "--host=127.0.0.1", "--username=medusa", "--dbname=medusa", "--command=SELECT 1"); err == nil {
		got["DATABASE_PASSWORD"] = password
	}
	return got
}

func expectPersonal(t *testing.T, c *container, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, personal(t, c, want["DATABASE_PASSWORD"])); diff != "" {
		t.Errorf("the store in the database (-want +got):\n%s", diff)
	}
	if got := sql(t, c, `SELECT count(*) FROM product`); got != "6" {
		t.Errorf("%s sample products", got)
	}
}

func TestDatabase(t *testing.T) {
	img := unpack(t, "medusa-database")

	t.Run("KilledDuringTheFirstStart", func(t *testing.T) {
		exists := func(volume map[string]string, path, file string) func() bool {
			return func() bool {
				_, err := os.Stat(filepath.Join(volume[path], file))
				return err == nil
			}
		}
		// The first start passes each of these moments; the kill follows at once.
		for name, moment := range map[string]func(t *testing.T, c *container, volume map[string]string){
			"CopyBegun": func(t *testing.T, _ *container, v map[string]string) {
				eventually(t, "copy", exists(v, "/data", "postgres.new"))
			},
			"CopyHalfDone": func(t *testing.T, _ *container, v map[string]string) {
				eventually(t, "half a copy", exists(v, "/data", "postgres.new/global"))
			},
			"CopyDone": func(t *testing.T, c *container, _ map[string]string) { c.await(t, "data directory filled") },
			"FirstLockSet": func(t *testing.T, _ *container, v map[string]string) {
				eventually(t, "lock", exists(v, "/data", "postgres/postmaster.pid"))
			},
			"SocketOpen": func(t *testing.T, _ *container, v map[string]string) {
				eventually(t, "socket", exists(v, "/run/postgresql", ".s.PGSQL.5432"))
			},
			"Personalized": func(t *testing.T, c *container, _ map[string]string) { c.await(t, "database: prepared") },
			"Ready":        func(t *testing.T, c *container, _ map[string]string) { c.await(t, databaseReady) },
		} {
			t.Run(name, func(t *testing.T) {
				volume, env := volume(t), store("killed")
				c := img.start(t, env, volume)
				moment(t, c, volume)
				c.kill()
				c = img.start(t, env, volume)
				c.await(t, databaseReady)
				expectPersonal(t, c, env)
			})
		}
	})

	t.Run("HostileNames", func(t *testing.T) {
		for _, name := range []string{
			`it's "quoted"; DROP TABLE store; --`, "$(id) `id` ${HOME}", "two\nlines\t\r", `back\slash \' \n`,
			":'admin_email' :store_name", "🎉 naïve \u202e", "<script>alert(1)</script>", "%s %d \\x41", "-c exit", " ",
		} {
			volume, env := volume(t), store("hostile")
			env["STORE_NAME"] = name
			c := img.start(t, env, volume)
			c.await(t, databaseReady)
			expectPersonal(t, c, env)
			c.kill()
		}
	})

	t.Run("KeepsWhatTheOwnerChanged", func(t *testing.T) {
		volume, env := volume(t), store("owned")
		c := img.start(t, env, volume)
		c.await(t, databaseReady)
		sql(t, c, `UPDATE provider_identity SET provider_metadata = '{"password": "the owner chose"}'`)
		sql(t, c, `UPDATE store SET name = 'The owner called it so'`)
		c.kill()

		want := maps.Clone(env)
		want["ADMIN_PASSWORD_HASH"], want["STORE_NAME"] = "the owner chose", "The owner called it so"
		c = img.start(t, env, volume)
		c.await(t, databaseReady)
		expectPersonal(t, c, want)
		c.kill()

		// Settings that change are written; the rest stays.
		env["STORE_NAME"], env["DATABASE_PASSWORD"], env["ADMIN_EMAIL"] = "Renamed", "anotherPassword", "new@owned.example"
		want["STORE_NAME"], want["DATABASE_PASSWORD"], want["ADMIN_EMAIL"] = "Renamed", "anotherPassword", "new@owned.example"
		c = img.start(t, env, volume)
		c.await(t, databaseReady)
		expectPersonal(t, c, want)
	})

	t.Run("KeepsATitleSetWhileItRan", func(t *testing.T) {
		volume, env := volume(t), store("titled")
		c := img.start(t, env, volume)
		c.await(t, databaseReady)
		asMedusa := func(statement string) (string, error) {
			return c.exec(t, "env", "PGPASSWORD="+env["DATABASE_PASSWORD"], "psql", "--host=127.0.0.1", "--username=medusa", "--dbname=medusa", "--command="+statement)
		}
		if out, err := asMedusa(`UPDATE shopflow.personal SET digest = encode(sha256('New title'), 'hex') WHERE item = 'name'`); err != nil {
			t.Fatalf("Medusa notes a title: %v: %s", err, out)
		}
		if out, err := asMedusa(`UPDATE shopflow.personal SET row_id = ''`); err == nil {
			t.Errorf("Medusa changes what is personalized: %s", out)
		}
		sql(t, c, `UPDATE store SET name = 'The owner called it so'`)
		c.kill()

		env["STORE_NAME"] = "New title"
		want := maps.Clone(env)
		want["STORE_NAME"] = "The owner called it so"
		c = img.start(t, env, volume)
		c.await(t, databaseReady)
		expectPersonal(t, c, want)
	})

	t.Run("TwoStores", func(t *testing.T) {
		for _, name := range []string{"first", "second"} {
			env := store(name)
			c := img.start(t, env, volume(t))
			c.await(t, databaseReady)
			expectPersonal(t, c, env)
			for _, secret := range []string{"DATABASE_PASSWORD", "ADMIN_PASSWORD_HASH", "PUBLISHABLE_KEY"} {
				if strings.Contains(c.output(), env[secret]) {
					t.Errorf("%s is in the log", secret)
				}
			}
			other := store(map[string]string{"first": "second", "second": "first"}[name])
			if got := personal(t, c, other["DATABASE_PASSWORD"])["DATABASE_PASSWORD"]; got != "" {
				t.Errorf("store %s opens with the other store's password", name)
			}
			c.kill()
		}
	})

	t.Run("SuperuserStaysInside", func(t *testing.T) {
		env := store("inside")
		c := img.start(t, env, volume(t))
		c.await(t, databaseReady)
		out, err := c.exec(t, "env", "PGPASSWORD="+env["DATABASE_PASSWORD"], "psql", "--host=127.0.0.1", "--username=postgres", "--command=SELECT 1")
		if err == nil || !strings.Contains(out, "pg_hba.conf rejects") {
			t.Errorf("the superuser over the network: %v: %s", err, out)
		}
	})

	t.Run("EmptyOnRequest", func(t *testing.T) {
		env := store("empty")
		env["DATABASE_GOLDEN"] = "false"
		c := img.start(t, env, volume(t))
		c.await(t, databaseReady)
		if got := sql(t, c, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); got != "0" {
			t.Errorf("%s tables in a database that should be empty", got)
		}
	})
}
