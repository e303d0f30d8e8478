package images_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Without its database the shop is not ready, and it is ready again with it, while PHP keeps running. No confirmed order is lost.
func testShopSurvivesWithoutItsDatabase(t *testing.T, images shopImages) {
	p := images.start(t, nil)
	visitor := p.visitor(t)
	before := visitor.buy(t, "MUG-350", "ada@example.com", 1)
	p.database.kill()

	if got := visitor.ask(t, http.MethodGet, "/readyz", nil); got.status != http.StatusServiceUnavailable {
		t.Errorf("ready without a database: %d %s", got.status, got.body)
	}
	visitor.get(t, "/healthz")
	if got := visitor.ask(t, http.MethodGet, "/cart/", nil); got.status != http.StatusInternalServerError {
		t.Errorf("a page without a database: %d", got.status)
	}
	p.database = images.database.startBeside(t, p.pause, images.database.config.Entrypoint, p.env, p.databaseVolume)
	p.database.await(t, mariadbReady)
	visitor.get(t, "/readyz?wait")
	if got := query(t, p.database, "SELECT status FROM wp_wc_orders WHERE id = "+strconv.Itoa(before.ID)); got != "wc-processing" {
		t.Errorf("the order of before: %q", got)
	}
	visitor.buy(t, "MUG-350", "ada@example.com", 1)
	if got := query(t, p.database, "SELECT stock_quantity FROM wp_wc_product_meta_lookup WHERE sku = 'MUG-350'"); got != "98" {
		t.Errorf("stock: %s", got)
	}
}

// A second web server on the same database and uploads serves the carts and sessions of the first.
func testShopWithTwoReplicas(t *testing.T, images shopImages) {
	first := images.start(t, nil)
	second := &pod{pause: first.pause, database: first.database, web: first.web, env: first.env, webVolume: webVolume(t, first.webVolume["/srv/www/wp-content/uploads"])}
	visitor := first.visitor(t)
	owner := first.visitor(t)
	nonce := owner.login(t)
	token := visitor.get(t, "/wp-json/wc/store/v1/cart").header.Get("Cart-Token")
	products := decode[[]struct{ ID int }](t, visitor.ask(t, http.MethodGet, "/wp-json/wc/store/v1/products?sku=TOTE-1", nil), http.StatusOK)
	decode[basket](t, visitor.ask(t, http.MethodPost, "/wp-json/wc/store/v1/cart/add-item", map[string]any{"id": products[0].ID, "quantity": 2}, "Cart-Token", token), http.StatusCreated)

	// One port, so one at a time: the second starts when the first has stopped.
	first.nginx.kill()
	first.php.kill()
	second.serve(t)
	if got := decode[basket](t, visitor.ask(t, http.MethodGet, "/wp-json/wc/store/v1/cart", nil, "Cart-Token", token), http.StatusOK); got.ItemsCount != 2 {
		t.Errorf("the cart has %d pieces at the second replica", got.ItemsCount)
	}
	if got := owner.ask(t, http.MethodGet, "/wp-json/wc/v3/orders", nil, "X-WP-Nonce", nonce); got.status != http.StatusOK {
		t.Errorf("the owner at the second replica: %d", got.status)
	}
	if strings.Contains(second.php.output(), "filled") {
		t.Error("the second replica copied the pictures again")
	}
}

func testPicturesAreCopiedOnce(t *testing.T, images shopImages) {
	uploads := t.TempDir()
	picture, mark := filepath.Join(uploads, "stoneware-mug.webp"), filepath.Join(uploads, ".shopflow")
	copyUploads := func() *container {
		c := images.web.startBeside(t, nil, []string{"copy-uploads"}, nil, map[string]string{"/srv/www/wp-content/uploads": uploads})
		ends(t, c)
		return c
	}
	if c := copyUploads(); c.err != nil {
		t.Fatal(c.output())
	}
	// Killed before the end: the marker is missing.
	for _, file := range []string{mark, picture} {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	copyUploads()
	if _, err := os.Stat(picture); err != nil {
		t.Error("a copy that was killed is not completed")
	}
	if err := os.Remove(picture); err != nil {
		t.Fatal(err)
	}
	copyUploads()
	if _, err := os.Stat(picture); err == nil {
		t.Error("a picture that the owner has deleted came back")
	}

	full := t.TempDir()
	run(t, "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", full)
	t.Cleanup(func() { _ = syscall.Unmount(full, syscall.MNT_DETACH) })
	uploads = full
	if c := copyUploads(); c.err == nil || !strings.Contains(c.output(), "KiB are free on the volume") {
		t.Errorf("on a volume that is too small: %v: %s", c.err, c.output())
	}
}

func testCronIsCalled(t *testing.T, images shopImages) {
	p := images.start(t, nil)
	query(t, p.database, "UPDATE wp_actionscheduler_actions SET scheduled_date_gmt = '2020-01-01' WHERE status = 'pending' LIMIT 1")
	due := "SELECT COUNT(*) FROM wp_actionscheduler_actions WHERE status = 'pending' AND scheduled_date_gmt < NOW()"
	p.env["CRON_SECONDS"] = "1"
	cron := p.web.startBeside(t, p.pause, []string{"run-cron"}, p.env, p.webVolume)
	eventually(t, "what is due", func() bool { return query(t, p.database, due) == "0" })
	p.nginx.kill()
	cron.await(t, "cron: ")
	pid, err := strconv.Atoi(cron.pid(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	ends(t, cron)
}

// On QUIT, the image's stop signal, requests in flight complete.
func testShopStopsGracefully(t *testing.T, images shopImages) {
	p := images.start(t, nil)
	visitor := p.visitor(t)
	visitor.get(t, "/cart/")
	var wait sync.WaitGroup
	failures := make(chan string, 4)
	for range 4 {
		wait.Go(func() {
			for i := 0; ; i++ {
				response, err := visitor.Get(fmt.Sprintf("%s/cart/?%d", visitor.base, i))
				if err != nil {
					return // nginx has stopped listening
				}
				if response.StatusCode != http.StatusOK {
					failures <- response.Status
				}
				_ = response.Body.Close()
			}
		})
	}
	visitor.get(t, "/cart/?under-way")
	for _, c := range []*container{p.nginx, p.php} {
		pid, err := strconv.Atoi(c.pid(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		ends(t, c)
		if c.err != nil {
			t.Errorf("ended with %v:\n%s", c.err, c.output())
		}
	}
	wait.Wait()
	close(failures)
	for failure := range failures {
		t.Errorf("an answer to a request in flight: %s", failure)
	}
}

// Without golden data the shop is installed in the pod: once, and again from the start when that was killed.
func testShopInstalledInThePod(t *testing.T, images shopImages) {
	build := unpack(t, "woocommerce-build")
	p := &pod{web: images.web, env: shop("installed"), databaseVolume: shopVolume(t), webVolume: webVolume(t, t.TempDir())}
	maps.Copy(p.env, map[string]string{
		"STORE_URL": shopAddress, "DB_HOST": "127.0.0.1", "WORDPRESS_SALT": "a salt for tests", "ADMIN_PASSWORD": shopAdminPassword,
		"ADMIN_PASSWORD_HASH": wordpressHash(t, shopAdminPassword), "DATABASE_GOLDEN": "false",
	})
	p.pause = images.database.startBeside(t, nil, []string{"sleep", "infinity"}, nil, nil)
	install := func() *container { return build.startBeside(t, p.pause, []string{"install-store"}, p.env, p.webVolume) }
	killed := install()
	p.database = images.database.startBeside(t, p.pause, images.database.config.Entrypoint, p.env, p.databaseVolume)
	p.database.await(t, mariadbReady)
	eventually(t, "a part of the shop", func() bool { return strings.Contains(query(t, p.database, "SHOW TABLES"), "wp_woocommerce_sessions") })
	killed.kill()

	for _, want := range []string{"", "install: already installed"} {
		c := install()
		ends(t, c)
		if c.err != nil || !strings.Contains(c.output(), want) {
			t.Fatalf("install: %v:\n%s", c.err, c.output())
		}
	}
	p.serve(t)
	visitor := p.visitor(t)
	if got := visitor.get(t, "/"); !strings.Contains(got.body, "Stoneware Mug") {
		t.Errorf("the shop's page: %.500s", got.body)
	}
	visitor.buy(t, "MUG-350", "ada@example.com", 1)
	p.visitor(t).login(t)

	// The next start of the database records the shop's settings, and changes nothing.
	p.database.kill()
	p.database = images.database.startBeside(t, p.pause, images.database.config.Entrypoint, p.env, p.databaseVolume)
	p.database.await(t, mariadbReady)
	p.visitor(t).login(t)
}
