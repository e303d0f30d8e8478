package images_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type removed struct {
	Orders, Carts, Stock, Next int
}

// volatile is what differs although the shop has not changed: what WordPress can compute again at any time, what it has scheduled, and
// when and in which row it wrote a product that it had changed and restored.
var volatile = []struct{ pattern, replacement string }{
	{`^INSERT INTO .wp_options. VALUES \(\d+,'(_transient_|_site_transient_|cron'|action_scheduler_lock|wc_pending_batch_processes).*`, ""},
	{`^INSERT INTO .wp_actionscheduler_.*`, ""},
	{`^INSERT INTO .wp_postmeta. VALUES \(\d+,\d+,'_thumbnail_id','0'\);`, ""},
	{`^(INSERT INTO .wp_postmeta. VALUES \()\d+`, "$1"},
	{`^(INSERT INTO .wp_posts. .*)'[-0-9]+ [:0-9]+','[-0-9]+ [:0-9]+',('',\d+,'[^']*',\d+,'product)`, "$1$2"},
}

// content returns every row of the shop's database, and the number that the next order will get.
func content(t *testing.T, c *container) ([]string, string) {
	t.Helper()
	dump, err := c.exec(t, "setpriv", "--reuid=10004", "--regid=10004", "--clear-groups",
		"mariadb-dump", "--skip-extended-insert", "--order-by-primary", "--skip-comments", "--no-create-info", "woocommerce")
	if err != nil {
		t.Fatalf("dump: %v: %s", err, dump)
	}
	var rows []string
	for line := range strings.SplitSeq(dump, "\n") {
		for _, v := range volatile {
			line = regexp.MustCompile(v.pattern).ReplaceAllString(line, v.replacement)
		}
		if strings.HasPrefix(line, "INSERT") {
			rows = append(rows, line)
		}
	}
	slices.Sort(rows)
	return rows, query(t, c, "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_NAME = 'wp_posts' AND TABLE_SCHEMA = 'woocommerce'")
}

// uploads returns the names of the shop's files.
func uploads(t *testing.T, p *pod) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(p.webVolume["/srv/www/wp-content/uploads"], func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, entry.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func testProofLeavesNothing(t *testing.T, images shopImages) {
	p := images.start(t, nil)
	visitor, owner := p.visitor(t), p.visitor(t)
	visitor.buy(t, "TOTE-1", "ada@example.com", 1)
	nonce := owner.login(t)
	remove := func(t *testing.T) removed {
		t.Helper()
		return decode[removed](t, owner.ask(t, http.MethodDelete, "/wp-json/shopflow/v1/proof-orders", nil, "X-WP-Nonce", nonce), http.StatusOK)
	}
	remove(t)
	settle(t, p)

	t.Run("WithoutATrace", func(t *testing.T) {
		rows, next := content(t, p.database)
		files := uploads(t, p)
		first := visitor.buy(t, "MUG-350", proofEmail, 3)
		if strconv.Itoa(first.ID) != next {
			t.Fatalf("order %d, the next number was %s", first.ID, next)
		}
		visitor.buy(t, "THROW-OAT", proofEmail, 100)
		settle(t, p)
		want := removed{Orders: 2, Carts: 2, Stock: 103, Next: first.ID}
		if diff := cmp.Diff(want, remove(t)); diff != "" {
			t.Errorf("removed (-want +got):\n%s", diff)
		}
		settle(t, p)
		after, nextAfter := content(t, p.database)
		if diff := cmp.Diff(rows, after); diff != "" {
			t.Errorf("the database before and after the proof (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(files, uploads(t, p)); diff != "" {
			t.Errorf("the files before and after the proof (-want +got):\n%s", diff)
		}
		if nextAfter != next {
			t.Errorf("the next order's number was %s and is %s", next, nextAfter)
		}
	})

	t.Run("AgainDoesNothing", func(t *testing.T) {
		rows, next := content(t, p.database)
		number, _ := strconv.Atoi(next)
		if diff := cmp.Diff(removed{Next: number}, remove(t)); diff != "" {
			t.Errorf("removed (-want +got):\n%s", diff)
		}
		after, _ := content(t, p.database)
		if diff := cmp.Diff(rows, after); diff != "" {
			t.Errorf("the database before and after (-want +got):\n%s", diff)
		}
	})

	t.Run("AnOrderInBetweenKeepsItsNumber", func(t *testing.T) {
		visitor.buy(t, "MUG-350", proofEmail, 1)
		kept := visitor.buy(t, "MUG-350", "ada@example.com", 2)
		if got := remove(t); got.Orders != 1 || got.Next != kept.ID+1 {
			t.Errorf("removed %+v, the order in between has number %d", got, kept.ID)
		}
		if got := query(t, p.database, "SELECT stock_quantity FROM wp_wc_product_meta_lookup WHERE sku = 'MUG-350'"); got != "98" {
			t.Errorf("stock: %s", got)
		}
		if got := query(t, p.database, "SELECT COUNT(*) FROM wp_wc_orders WHERE billing_email = 'ada@example.com'"); got != "2" {
			t.Errorf("%s orders of others", got)
		}
	})

	t.Run("ResetsACounterAfterACrash", func(t *testing.T) {
		_, next := content(t, p.database)
		// As after a power cut between the removal and the counter.
		query(t, p.database, "INSERT INTO wp_options (option_name, option_value) VALUES ('shopflow_reset_order_number', "+next+")")
		query(t, p.database, "ALTER TABLE wp_posts AUTO_INCREMENT = 5000")
		if got := remove(t); strconv.Itoa(got.Next) != next {
			t.Errorf("the next number is %d instead of %s", got.Next, next)
		}
	})
}

// A plugin beside the platform's records every mail that would be sent.
func testProofSendsNoMail(t *testing.T, images shopImages) {
	plugins := t.TempDir()
	run(t, "cp", "-a", filepath.Join(images.web.root, "srv/www/wp-content/mu-plugins")+"/.", plugins)
	spy := `<?php add_filter('pre_wp_mail', function ($sent, $mail) { error_log('MAIL TO ' . $mail['to'] . ': ' . $mail['subject']); return $sent; }, 1, 2);`
	if err := os.WriteFile(filepath.Join(plugins, "spy.php"), []byte(spy), 0o644); err != nil {
		t.Fatal(err)
	}
	p := images.start(t, map[string]string{"/srv/www/wp-content/mu-plugins": plugins})
	visitor := p.visitor(t)
	mails := func() int { return strings.Count(p.nginx.output(), "MAIL TO") }

	// The whole stock: for an ordinary order the owner would get a mail that it is empty.
	visitor.buy(t, "MUG-350", proofEmail, 100)
	settle(t, p)
	visitor.buy(t, "TOTE-1", "ada@example.com", 1)
	eventually(t, "the mail to the buyer of an ordinary order", func() bool { return strings.Contains(p.nginx.output(), "MAIL TO ada@example.com") })
	if mails() != 2 {
		t.Errorf("more mails than the two of an ordinary order:\n%s", p.nginx.output())
	}
}

// settle runs the actions that the shop has scheduled.
func settle(t *testing.T, p *pod) {
	t.Helper()
	words := []string{"setpriv", "--reuid=33", "--regid=33", "--clear-groups", "env"}
	for name, value := range p.env {
		words = append(words, name+"="+value)
	}
	words = append(words, "php", "-r", `require "/srv/www/wp-load.php"; ActionScheduler::runner()->run();`)
	eventually(t, "the end of the scheduled actions", func() bool {
		if out, err := p.php.exec(t, words...); err != nil {
			t.Fatalf("run scheduled actions: %v: %s", err, out)
		}
		return query(t, p.database, "SELECT COUNT(*) FROM wp_actionscheduler_actions WHERE status IN ('pending', 'in-progress') AND scheduled_date_gmt < NOW()") == "0"
	})
}

func testShopFollowsItsAddress(t *testing.T, images shopImages) {
	p := images.start(t, nil)
	strangers := []string{"https://wordpress.org", "https://woocommerce.com", "https://gmpg.org", "http://gmpg.org"}
	secure := []string{"X-Forwarded-Proto", "https"}

	t.Run("HTTPS", func(t *testing.T) {
		visitor := p.visitor(t)
		for _, path := range []string{"/", "/cart/", "/product/wool-throw/"} {
			body := visitor.get(t, path, secure...).body
			if strings.Contains(body, "http://demo.") || !strings.Contains(body, "https://demo.shopflow.localhost/") {
				t.Errorf("%s: links without TLS: %s", path, regexp.MustCompile(`.{60}http://demo..{60}`).FindString(body))
			}
			if strings.Contains(visitor.get(t, path).body, "https://demo.") {
				t.Errorf("%s: a page of the visitors with TLS is shown to those without", path)
			}
		}
		if got := visitor.ask(t, http.MethodGet, "/wp-login.php", nil, secure...); got.status != http.StatusOK || !strings.Contains(strings.Join(got.header["Set-Cookie"], ""), "secure") {
			t.Errorf("login: %d, cookies %q", got.status, got.header["Set-Cookie"])
		}
	})

	// Another address for the same data: only the web containers know it.
	for _, address := range []string{"http://demo.shopflow.localhost:8080", "https://moved.example", "https://moved.example:8443"} {
		t.Run(address, func(t *testing.T) {
			p.php.kill()
			p.nginx.kill()
			p.env["STORE_URL"] = address
			p.serve(t)
			visitor := p.visitor(t)
			scheme, _, _ := strings.Cut(address, ":")
			for _, path := range []string{"/", "/shop/", "/cart/", "/product/wool-throw/"} {
				body := visitor.get(t, path, "X-Forwarded-Proto", scheme).body
				for _, link := range regexp.MustCompile(`(?:href|src|action)=["'](https?://[^/"']+)`).FindAllStringSubmatch(body, -1) {
					if link[1] != address && !slices.Contains(strangers, link[1]) {
						t.Errorf("%s: a link to %s", path, link[1])
					}
				}
				visitor.get(t, path)
			}
			order := visitor.buy(t, "BOARD-42", "ada@example.com", 1)
			if !strings.HasPrefix(order.Payment.Redirect, address+"/") {
				t.Errorf("after the order: %s", order.Payment.Redirect)
			}
		})
	}
}
