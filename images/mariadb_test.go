package images_test

import (
	"html"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mariadbReady = "ready for connections"

// shop is the environment of one shop's database.
func shop(name string) map[string]string {
	return map[string]string{
		"DB_NAME":             "woocommerce",
		"DB_USER":             "woocommerce",
		"DB_PASSWORD":         name + "Database0123456789",
		"STORE_NAME":          name,
		"ADMIN_EMAIL":         "owner@" + name + ".example",
		"ADMIN_PASSWORD_HASH": "hash-of-" + name,
	}
}

// shopVolume is what a shop's database keeps, and the folders of its own.
func shopVolume(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"/data": t.TempDir(), "/run/mysqld": t.TempDir(), "/tmp": t.TempDir()}
}

// query runs a statement as the superuser, who can connect by the socket only.
func query(t *testing.T, c *container, statement string) string {
	t.Helper()
	out, err := c.exec(t, "setpriv", "--reuid=10004", "--regid=10004", "--clear-groups",
		"mariadb", "--batch", "--raw", "--skip-column-names", "--database=woocommerce", "--execute="+statement)
	if err != nil {
		t.Fatalf("%s: %v: %s", statement, err, out)
	}
	return out
}

func option(t *testing.T, c *container, name string) string {
	t.Helper()
	return query(t, c, "SELECT option_value FROM wp_options WHERE option_name = '"+name+"'")
}

// opens reports whether the database's user can sign in with a password.
func opens(t *testing.T, c *container, user, password string) bool {
	t.Helper()
	_, err := c.exec(t, "env", "MYSQL_PWD="+password, "mariadb", "--protocol=tcp", "--host=127.0.0.1", "--user="+user, "--execute=SELECT 1")
	return err == nil
}

// owned reads what the database was personalized with, in the form of its environment.
func owned(t *testing.T, c *container, password string) map[string]string {
	t.Helper()
	got := map[string]string{
		"DB_NAME":             "woocommerce",
		"DB_USER":             query(t, c, "SELECT User FROM mysql.user WHERE User NOT IN ('mariadb', 'mariadb.sys')"),
		"STORE_NAME":          html.UnescapeString(option(t, c, "blogname")),
		"ADMIN_EMAIL":         query(t, c, "SELECT user_email FROM wp_users"),
		"ADMIN_PASSWORD_HASH": query(t, c, "SELECT user_pass FROM wp_users"),
	}
	if opens(t, c, "woocommerce", password) {
		got["DB_PASSWORD"] = password
	}
	for _, name := range []string{"admin_email", "woocommerce_email_from_address", "woocommerce_stock_email_recipient"} {
		if value := option(t, c, name); value != got["ADMIN_EMAIL"] {
			t.Errorf("option %s is %q", name, value)
		}
	}
	return got
}

func expectOwned(t *testing.T, c *container, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, owned(t, c, want["DB_PASSWORD"])); diff != "" {
		t.Errorf("the shop in the database (-want +got):\n%s", diff)
	}
	if got := query(t, c, "SELECT COUNT(*) FROM wp_posts WHERE post_type = 'product' AND post_status = 'publish'"); got != "6" {
		t.Errorf("%s sample products", got)
	}
	started := "SELECT GROUP_CONCAT(option_name ORDER BY option_name SEPARATOR ' ') FROM wp_options WHERE option_name = 'admin_email_lifespan'" +
		" AND option_value > UNIX_TIMESTAMP() OR option_name = 'woocommerce_admin_install_timestamp' AND option_value > UNIX_TIMESTAMP() - 3600"
	if got := query(t, c, started); got != "admin_email_lifespan woocommerce_admin_install_timestamp" {
		t.Errorf("what counts from the store's start: %q", got)
	}
}

func TestShopDatabase(t *testing.T) {
	img := unpack(t, "woocommerce-database")

	t.Run("KilledDuringTheFirstStart", func(t *testing.T) {
		exists := func(path, file string) func(*testing.T, *container, map[string]string) {
			return func(t *testing.T, _ *container, volume map[string]string) {
				eventually(t, file, func() bool {
					_, err := os.Stat(filepath.Join(volume[path], file))
					return err == nil
				})
			}
		}
		prints := func(line string) func(*testing.T, *container, map[string]string) {
			return func(t *testing.T, c *container, _ map[string]string) { c.await(t, line) }
		}
		// The first start passes each of these moments; the kill follows at once.
		for name, moment := range map[string]func(t *testing.T, c *container, volume map[string]string){
			"CopyBegun":     exists("/data", "mariadb.new"),
			"CopyHalfDone":  exists("/data", "mariadb.new/mysql"),
			"CopyDone":      prints("data directory filled"),
			"BallastThere":  exists("/data", "ballast"),
			"Prepared":      exists("/run/mysqld", "prepare.sql"),
			"ServerBegun":   prints("Starting MariaDB"),
			"StorageOpened": prints("rollback segments are active"),
			"SocketOpen":    exists("/run/mysqld", "mysqld.sock"),
			"Ready":         prints(mariadbReady),
		} {
			t.Run(name, func(t *testing.T) {
				volume, env := shopVolume(t), shop("killed")
				c := img.start(t, env, volume)
				moment(t, c, volume)
				c.kill()
				c = img.start(t, env, volume)
				c.await(t, mariadbReady)
				expectOwned(t, c, env)
			})
		}
	})

	t.Run("HostileNames", func(t *testing.T) {
		for _, name := range []string{
			`it's "quoted"; DROP TABLE wp_users; --`, "$(id) `id` ${HOME}", "two\nlines\t\r", `back\slash \' \n`, "*/ ; -- #",
			":'admin_email' @title X'00'", "🎉 naïve \u202e", "<script>alert(1)</script> &amp; &", "%s %d \\x41", "-c exit", " ", "\n",
		} {
			volume, env := shopVolume(t), shop("hostile")
			env["STORE_NAME"], env["DB_PASSWORD"] = name, name+`'"\`
			c := img.start(t, env, volume)
			c.await(t, mariadbReady)
			expectOwned(t, c, env)
			if got := option(t, c, "blogname"); strings.ContainsAny(got, `<>"'`) {
				t.Errorf("the title is stored as %q: WordPress prints it unchanged", got)
			}
			c.kill()
		}
	})

	t.Run("KeepsWhatTheOwnerChanged", func(t *testing.T) {
		volume, env := shopVolume(t), shop("owned")
		c := img.start(t, env, volume)
		c.await(t, mariadbReady)
		query(t, c, "UPDATE wp_users SET user_pass = 'the owner chose'")
		query(t, c, "UPDATE wp_options SET option_value = 'The owner called it so' WHERE option_name = 'blogname'")
		c.kill()

		want := maps.Clone(env)
		want["ADMIN_PASSWORD_HASH"], want["STORE_NAME"] = "the owner chose", "The owner called it so"
		c = img.start(t, env, volume)
		c.await(t, mariadbReady)
		expectOwned(t, c, want)
		c.kill()

		// Settings that change are written; the rest stays.
		env["STORE_NAME"], env["DB_PASSWORD"], env["ADMIN_EMAIL"] = "Renamed", "anotherPassword", "new@owned.example"
		want["STORE_NAME"], want["DB_PASSWORD"], want["ADMIN_EMAIL"] = "Renamed", "anotherPassword", "new@owned.example"
		c = img.start(t, env, volume)
		c.await(t, mariadbReady)
		expectOwned(t, c, want)
		if opens(t, c, "woocommerce", shop("owned")["DB_PASSWORD"]) {
			t.Error("the database still opens with the password before the last")
		}
	})

	t.Run("TwoShops", func(t *testing.T) {
		for name, other := range map[string]string{"first": "second", "second": "first"} {
			env := shop(name)
			c := img.start(t, env, shopVolume(t))
			c.await(t, mariadbReady)
			expectOwned(t, c, env)
			for _, secret := range []string{"DB_PASSWORD", "ADMIN_PASSWORD_HASH"} {
				if strings.Contains(c.output(), env[secret]) {
					t.Errorf("%s is in the log", secret)
				}
			}
			if opens(t, c, "woocommerce", shop(other)["DB_PASSWORD"]) {
				t.Errorf("shop %s opens with the other shop's password", name)
			}
			for _, user := range []string{"mariadb", "root", ""} {
				if opens(t, c, user, "") || opens(t, c, user, env["DB_PASSWORD"]) {
					t.Errorf("user %q can connect over the network", user)
				}
			}
			c.kill()
		}
	})

	t.Run("EmptyOnRequest", func(t *testing.T) {
		env := shop("empty")
		env["DATABASE_GOLDEN"] = "false"
		volume := shopVolume(t)
		c := img.start(t, env, volume)
		c.await(t, mariadbReady)
		if got := query(t, c, "SHOW TABLES"); got != "" {
			t.Errorf("tables in a database that should be empty: %s", got)
		}
		if !opens(t, c, "woocommerce", env["DB_PASSWORD"]) {
			t.Error("the database does not open with its password")
		}
		c.kill()
		c = img.start(t, env, volume)
		c.await(t, mariadbReady)
	})

	t.Run("StartsOnAFullVolume", func(t *testing.T) {
		volume, env := shopVolume(t), shop("full")
		run(t, "mount", "-t", "tmpfs", "-o", "size=96M", "tmpfs", volume["/data"])
		t.Cleanup(func() { _ = syscall.Unmount(volume["/data"], syscall.MNT_DETACH) })
		c := img.start(t, env, volume)
		c.await(t, mariadbReady)
		c.kill()
		_ = exec.CommandContext(t.Context(), "dd", "if=/dev/zero", "of="+filepath.Join(volume["/data"], "flood"), "bs=64k").Run()
		c = img.start(t, env, volume)
		c.await(t, "the volume is full")
		c.await(t, mariadbReady)
		expectOwned(t, c, env)
		query(t, c, "DELETE FROM wp_posts WHERE post_type = 'product'")
	})
}

// The golden data contains no password and no host name.
func TestGoldenDataOfTheShop(t *testing.T) {
	img := unpack(t, "woocommerce-database")
	volume := shopVolume(t)
	run(t, "cp", "-a", filepath.Join(img.root, "usr/share/shopflow/golden"), filepath.Join(volume["/data"], "mariadb"))
	c := img.startBeside(t, nil, []string{"mariadbd"}, nil, volume)
	c.await(t, mariadbReady)

	if got := query(t, c, "SELECT CONCAT(user_login, ' ', user_pass) FROM wp_users"); got != "owner *" {
		t.Errorf("users of the golden data: %s", got)
	}
	if got := query(t, c, "SELECT CONCAT(User, ' ', JSON_VALUE(Priv, '$.account_locked')) FROM mysql.global_priv WHERE User NOT LIKE 'mariadb%'"); got != "woocommerce 1" && got != "woocommerce true" {
		t.Errorf("accounts of the golden database that are not locked: %s", got)
	}
	dump, err := c.exec(t, "setpriv", "--reuid=10004", "--regid=10004", "--clear-groups", "mariadb-dump", "--skip-extended-insert", "woocommerce")
	if err != nil {
		t.Fatalf("dump: %v: %s", err, dump)
	}
	hosts := map[string]string{}
	for line := range strings.SplitSeq(dump, "\n") {
		for _, match := range regexp.MustCompile(`https?:\\?/\\?/([a-zA-Z0-9.-]+)`).FindAllStringSubmatch(line, -1) {
			hosts[match[1]] = line[:min(len(line), 200)]
		}
	}
	// WordPress was installed for shop.invalid. No page shows it: the configuration sets the store's address.
	for host, line := range hosts {
		if !slices.Contains([]string{"shop.invalid", "woocommerce.com", "wordpress.org", "www.w3.org"}, host) {
			t.Errorf("host %s in the golden data: %s", host, line)
		}
	}
	for line := range strings.SplitSeq(dump, "\n") {
		if strings.Contains(line, "shop.invalid") && !strings.Contains(line, "INSERT INTO `wp_posts`") &&
			!strings.Contains(line, "'siteurl'") && !strings.Contains(line, "'home'") && !strings.Contains(line, "owner@shop.invalid") {
			t.Errorf("the name of the golden shop: %s", line[:min(len(line), 300)])
		}
	}
}
