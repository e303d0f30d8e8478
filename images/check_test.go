package images_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	checkEmail   = "check-of-sale@shopflow.invalid"
	machineToken = "machineTokenOf43LettersAndDigits00000000000" // #nosec G101 -- of a shop under test
	checkOrders  = "/wp-json/shopflow/v1/check/orders"
	titleRoute   = "/wp-json/shopflow/v1/title"
	totes        = "SELECT CONCAT(stock_quantity, ' ', total_sales) FROM wp_wc_product_meta_lookup WHERE sku = 'TOTE-1'"
)

// withToken adds the platform's token to requests.
type withToken struct{ http.RoundTripper }

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Shopflow-Machine", machineToken)
	return w.RoundTripper.RoundTrip(r)
}

// startLive starts a shop that knows the platform, and returns the folder of the tokens and the platform.
func (images shopImages) startLive(t *testing.T) (p *pod, tokens string, machine *browser) {
	t.Helper()
	tokens = t.TempDir()
	if err := os.WriteFile(filepath.Join(tokens, "token"), []byte(machineToken), 0o644); err != nil {
		t.Fatal(err)
	}
	p = images.start(t, map[string]string{"/etc/shopflow/machine": tokens})
	machine = p.visitor(t)
	machine.Transport = withToken{machine.Transport}
	return p, tokens, machine
}

type checked struct{ Orders, Carts int }

func (b *browser) removeChecks(t *testing.T) checked {
	t.Helper()
	return decode[checked](t, b.ask(t, http.MethodDelete, checkOrders, nil), http.StatusOK)
}

func testChecksLeaveNothing(t *testing.T, images shopImages) {
	p, tokens, machine := images.startLive(t)
	visitor := p.visitor(t)
	visitor.buy(t, "TOTE-1", "ada@example.com", 1)
	settle(t, p)

	t.Run("WithoutATrace", func(t *testing.T) {
		rows, next := content(t, p.database)
		files := uploads(t, p)
		for range 3 {
			order := machine.buy(t, "TOTE-1", checkEmail, 1)
			path := checkOrders + "/" + strconv.Itoa(order.ID)
			got := decode[struct{ Number, Email string }](t, machine.ask(t, http.MethodGet, path, nil), http.StatusOK)
			if got.Number != strconv.Itoa(order.ID) || got.Email != checkEmail {
				t.Errorf("the order of the check: %+v", got)
			}
			settle(t, p)
			if got := query(t, p.database, totes); got != "99 1" {
				t.Errorf("stock and sales while the order is there: %s", got)
			}
			if got := machine.removeChecks(t); got != (checked{1, 1}) {
				t.Errorf("removed %+v", got)
			}
			if got := machine.ask(t, http.MethodGet, path, nil).status; got != http.StatusNotFound {
				t.Errorf("the order after its removal: %d", got)
			}
		}
		settle(t, p)
		after, nextAfter := content(t, p.database)
		if diff := cmp.Diff(rows, after); diff != "" {
			t.Errorf("the database before and after checks (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(files, uploads(t, p)); diff != "" {
			t.Errorf("the files before and after checks (-want +got):\n%s", diff)
		}
		if order := visitor.buy(t, "TOTE-1", "ada@example.com", 1); strconv.Itoa(order.ID) != next || nextAfter != next {
			t.Errorf("the customer's order has number %d, it would have been %s (%s after the checks)", order.ID, next, nextAfter)
		}
	})

	t.Run("TheLastPieceIsACustomers", func(t *testing.T) {
		visitor.buy(t, "BOARD-42", "ada@example.com", 99)
		machine.buy(t, "BOARD-42", checkEmail, 1)
		visitor.buy(t, "BOARD-42", "ada@example.com", 1)
		machine.removeChecks(t)
	})

	t.Run("WhatACheckHasLeftBlocksNone", func(t *testing.T) {
		stale := machine.buy(t, "MUG-350", checkEmail, 1)
		query(t, p.database, fmt.Sprintf("DELETE FROM wp_wc_orders WHERE id = %d", stale.ID))
		if got := machine.removeChecks(t); got.Orders != 1 {
			t.Errorf("removed %+v", got)
		}
		if again := machine.buy(t, "MUG-350", checkEmail, 1); again.ID != stale.ID {
			t.Errorf("another check has number %d, not %d", again.ID, stale.ID)
		}
		machine.removeChecks(t)
	})

	t.Run("TheAddressAloneIsACustomers", func(t *testing.T) {
		order := visitor.buy(t, "TOTE-1", checkEmail, 1)
		if got := machine.ask(t, http.MethodGet, checkOrders+"/"+strconv.Itoa(order.ID), nil).status; got != http.StatusNotFound {
			t.Errorf("a customer's order is shown: %d", got)
		}
		if got := machine.removeChecks(t); got.Orders != 0 {
			t.Errorf("removed %+v", got)
		}
		if got := query(t, p.database, totes); got != "97 3" {
			t.Errorf("stock and sales: %s", got)
		}
	})

	t.Run("Tokens", func(t *testing.T) {
		try := func(token string) int {
			return visitor.ask(t, http.MethodDelete, checkOrders, nil, "Shopflow-Machine", token).status
		}
		write := func(name, token string) {
			if err := os.WriteFile(filepath.Join(tokens, name), []byte(token), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("previous", "")
		if got := []int{try(""), try("x"), try(machineToken)}; !cmp.Equal(got, []int{401, 401, 200}) {
			t.Errorf("no token, a wrong one and the right one: %v", got)
		}
		write("token", "another")
		write("previous", machineToken)
		if got := []int{try("another"), try(machineToken)}; !cmp.Equal(got, []int{200, 200}) {
			t.Errorf("the new token and the one before it: %v", got)
		}
		write("token", "")
		write("previous", "\n")
		if got := []int{try(""), try("\t"), try(machineToken)}; !cmp.Equal(got, []int{401, 401, 401}) {
			t.Errorf("without tokens: %v", got)
		}
	})
}

func testTitleChangesAtOnce(t *testing.T, images shopImages) {
	p, _, machine := images.startLive(t)
	visitor := p.visitor(t)
	for _, path := range []string{"/", "/product/stoneware-mug/"} {
		visitor.get(t, path)
		if got := visitor.get(t, path); got.header.Get("X-Cache") != "HIT" || !strings.Contains(got.body, "<title>") {
			t.Fatalf("%s is not cached: %v", path, got.header)
		}
	}
	// On a busy machine nginx is there before what it asks, and says so; only what comes now counts.
	started := len(p.nginx.output())
	for title, want := range map[string]int{"": 400, " ": 400, strings.Repeat("ä", 101): 400, strings.Repeat("ä", 100): 200} {
		if got := machine.ask(t, http.MethodPut, titleRoute, map[string]any{"title": title}).status; got != want {
			t.Errorf("a title of %d bytes: %d, want %d", len(title), got, want)
		}
	}
	const title, escaped = `Ada's "<b>" &amp; 🎉`, "Ada&#039;s &quot;&lt;b&gt;&quot; &amp;amp; 🎉"
	if got := visitor.ask(t, http.MethodPut, titleRoute, map[string]any{"title": "Mine"}).status; got != http.StatusUnauthorized {
		t.Errorf("a stranger changes the title: %d", got)
	}
	if got := decode[struct{ Title string }](t, machine.ask(t, http.MethodPut, titleRoute, map[string]any{"title": title}), http.StatusOK); got.Title != title {
		t.Errorf("the title is %q", got.Title)
	}
	for _, path := range []string{"/", "/product/stoneware-mug/"} {
		if got := visitor.get(t, path); !strings.Contains(got.body, escaped) {
			t.Errorf("%s does not have the title at once", path)
		}
	}
	digest := sha256.Sum256([]byte(title))
	if got := query(t, p.database, "SELECT value FROM shopflow_settings WHERE name = 'title'"); got != hex.EncodeToString(digest[:]) {
		t.Errorf("the recorded digest is %s", got)
	}
	if log := p.nginx.output()[started:]; strings.Contains(log, "[crit]") {
		t.Errorf("the log:\n%s", log)
	}
}
