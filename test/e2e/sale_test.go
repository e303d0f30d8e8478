package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestStoreSells(t *testing.T) {
	p := connect(t)
	made := p.create(t, "sells")
	if made.State != "Ready" || made.URL != p.url("sells") || !strings.HasPrefix(made.AdminURL, made.URL+"/") {
		t.Errorf("got %+v", made)
	}
	if made.Receipt == nil || made.Receipt.OrderNumber == "" || len(made.Receipt.Steps) < 5 || made.Receipt.Milliseconds <= 0 {
		t.Fatalf("the receipt is %+v", made.Receipt)
	}
	shop, err := p.visit(t.Context(), "sells")
	if err != nil {
		t.Fatal(err)
	}
	login := p.credentials(t, "sells")
	if login.PublishableKey != shop.key {
		t.Error("the storefront's publishable key is not the store's")
	}
	token, err := shop.signIn(t.Context(), login.Email, login.Password)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("TheProofLeavesNothing", func(t *testing.T) {
		orders, err := shop.orders(t.Context(), token)
		if err != nil || len(orders) != 0 {
			t.Errorf("orders %+v, %v; want none", orders, err)
		}
		levels, err := ask[struct {
			Items []struct {
				SKU      string
				Reserved int `json:"reserved_quantity"`
				Stocked  int `json:"stocked_quantity"`
			} `json:"inventory_items"`
		}](t.Context(), shop, http.MethodGet, "/admin/inventory-items?limit=100", nil, "Authorization", "Bearer "+token)
		if err != nil || len(levels.Items) == 0 {
			t.Fatalf("inventory %+v, %v", levels, err)
		}
		for _, item := range levels.Items {
			if item.Reserved != 0 || item.Stocked <= 0 {
				t.Errorf("stock of %s is %+v", item.SKU, item)
			}
		}
		for _, path := range []string{"/admin/customers", "/admin/reservations"} {
			answer, err := ask[struct{ Count int }](t.Context(), shop, http.MethodGet, path, nil, "Authorization", "Bearer "+token)
			if err != nil || answer.Count != 0 {
				t.Errorf("%s: %+v, %v; want none", path, answer, err)
			}
		}
	})

	t.Run("AStrangersOrderReachesTheAdmin", func(t *testing.T) {
		placed, err := shop.buy(t.Context(), "robin@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if placed.DisplayID != 1 || placed.Total <= 0 {
			t.Errorf("the owner's first order is %+v, want number 1", placed)
		}
		orders, err := shop.orders(t.Context(), token)
		if err != nil || len(orders) != 1 || orders[0].ID != placed.ID || orders[0].Email != "robin@example.com" {
			t.Errorf("the admin sees %+v, %v; want %+v", orders, err, placed)
		}
		found, err := ask[struct {
			OrderID string `json:"order_id"`
		}](t.Context(), shop, http.MethodGet, "/store/order-lookup?number=1&email=robin@example.com", nil)
		if err != nil || found.OrderID != placed.ID {
			t.Errorf("the look-up found %+v, %v", found, err)
		}
		for _, query := range []string{"number=1&email=else@example.com", "number=2&email=robin@example.com"} {
			if _, err := shop.call(t.Context(), http.MethodGet, "/store/order-lookup?"+query, nil); err == nil {
				t.Errorf("the look-up of %s found an order", query)
			}
		}
	})

	t.Run("HelmListsTheRelease", func(t *testing.T) {
		var secrets corev1.SecretList
		if err := p.kube.List(t.Context(), &secrets, client.InNamespace(made.Namespace), client.MatchingLabels{"owner": "helm", "name": "sells"}); err != nil {
			t.Fatal(err)
		}
		if len(secrets.Items) != 1 || secrets.Items[0].Labels["status"] != "deployed" {
			t.Errorf("got %d release records, want one that is deployed", len(secrets.Items))
		}
	})

	t.Run("KubectlShowsIt", func(t *testing.T) { checkTable(t, p, "sells", made.URL) })
	t.Run("CreateAgainIsTheSame", func(t *testing.T) { checkIdempotence(t, p) })
}

// checkTable asks for stores as kubectl does and looks for the columns that people read.
func checkTable(t *testing.T, p *platform, name, url string) {
	t.Helper()
	httpClient, err := rest.HTTPClientFor(p.config)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.config.Host+"/apis/shopflow.dev/v1alpha1/stores/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1")
	response, err := httpClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var table struct {
		ColumnDefinitions []struct{ Name string }
		Rows              []struct{ Cells []any }
	}
	if err := json.NewDecoder(response.Body).Decode(&table); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for i, column := range table.ColumnDefinitions {
		got[column.Name] = table.Rows[0].Cells[i]
	}
	want := map[string]any{"Name": name, "Engine": "medusa", "Plan": "small", "Ready": "True", "URL": url}
	for column, value := range want {
		if got[column] != value {
			t.Errorf("column %s is %v, want %v", column, got[column], value)
		}
	}
}

func checkIdempotence(t *testing.T, p *platform) {
	t.Helper()
	before := p.store(t, "sells")
	again := decode[storeJSON](t, p.must(t, "store", "create", "sells", "--engine", "medusa", "--wait", "-o", "json"))
	if again.State != "Ready" || p.store(t, "sells").UID != before.UID {
		t.Errorf("creating it again gave %+v", again)
	}
	if _, stderr, code := p.shopflow(t, "store", "create", "sells", "--engine", "medusa", "--plan", "large"); code != 1 || !strings.Contains(stderr, "sells") {
		t.Errorf("another spec ended with %d and said %q; want 1 and a conflict", code, stderr)
	}
}

func TestTwoStoresShareNoSecret(t *testing.T) {
	p := connect(t)
	one, two := p.create(t, "alpha"), p.create(t, "beta", "--display-name", `It's "B" & <b>Co</b> $(id) 🛒`)
	secrets := func(namespace string) map[string]string {
		var secret corev1.Secret
		if err := p.kube.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "store-credentials"}, &secret); err != nil {
			t.Fatal(err)
		}
		values := map[string]string{}
		for key, value := range secret.Data {
			values[key] = string(value)
		}
		return values
	}
	first, second := secrets(one.Namespace), secrets(two.Namespace)
	for key, value := range first {
		for other, theirs := range second {
			if value == theirs {
				t.Errorf("%s of one store is %s of the other", key, other)
			}
		}
	}
	if len(first) < 8 {
		t.Errorf("the store has only %d credentials", len(first))
	}
	checkNoSecretIsShown(t, p, one, first)

	shop, err := p.visit(t.Context(), "beta")
	if err != nil {
		t.Fatal(err)
	}
	if token, err := shop.signIn(t.Context(), first["admin-email"], first["admin-password"]); err == nil {
		t.Errorf("the first store's administrator signed in to the second: %d characters of token", len(token))
	}
	if token, err := shop.signIn(t.Context(), second["admin-email"], first["admin-password"]); err == nil {
		t.Errorf("the first store's password opens the second: %d characters of token", len(token))
	}
	shop.key = first["publishable-key"]
	if region, err := shop.region(t.Context()); err == nil {
		t.Errorf("the first store's publishable key opens the second: region %s", region)
	}
	checkForeignToken(t, p, first)
	page, err := shop.call(t.Context(), http.MethodGet, "/", nil)
	if err != nil || strings.Contains(string(page), "<b>Co</b>") {
		t.Errorf("the hostile title is in the page as HTML (%v)", err)
	}
	if got := decode[struct{ DisplayName string }](t, p.must(t, "store", "get", "beta", "-o", "json")).DisplayName; got != `It's "B" & <b>Co</b> $(id) 🛒` {
		t.Errorf("the title came back as %q", got)
	}
}

// checkForeignToken signs in to the first store and uses its token in the second. Both have the same user ids.
func checkForeignToken(t *testing.T, p *platform, first map[string]string) {
	t.Helper()
	alpha, err := p.visit(t.Context(), "alpha")
	if err != nil {
		t.Fatal(err)
	}
	token, err := alpha.signIn(t.Context(), first["admin-email"], first["admin-password"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alpha.orders(t.Context(), token); err != nil {
		t.Fatalf("the token does not work at home: %v", err)
	}
	beta := &customer{http: p.http, base: p.url("beta")}
	if orders, err := beta.orders(t.Context(), token); err == nil {
		t.Errorf("the first store's token reads the second's orders: %+v", orders)
	}
}

// checkNoSecretIsShown looks for a store's secrets where others may read.
func checkNoSecretIsShown(t *testing.T, p *platform, store storeJSON, secrets map[string]string) {
	t.Helper()
	shown := map[string]string{}
	object, err := json.Marshal(p.store(t, "alpha"))
	if err != nil {
		t.Fatal(err)
	}
	shown["the Store object"] = string(object)
	shown["the API's answer"] = p.must(t, "store", "get", "alpha", "-o", "json")
	var records corev1.SecretList
	if err := p.kube.List(t.Context(), &records, client.InNamespace(store.Namespace), client.MatchingLabels{"owner": "helm"}); err != nil {
		t.Fatal(err)
	}
	for _, record := range records.Items {
		// Helm's record is base64 of gzip; a secret in it would be found after decoding by ungzip only.
		shown["the Helm record"] += ungzip(t, record.Data["release"])
	}
	var events corev1.EventList
	if err := p.kube.List(t.Context(), &events, client.InNamespace(store.Namespace)); err != nil {
		t.Fatal(err)
	}
	for _, event := range events.Items {
		shown["an event"] += event.Message
	}
	for place, text := range shown {
		for key, value := range secrets {
			if key == "admin-email" {
				continue
			}
			if strings.Contains(text, value) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(value))) {
				t.Errorf("%s is in %s", key, place)
			}
		}
	}
}

func TestApplyWorksAsWell(t *testing.T) {
	p := connect(t)
	t.Cleanup(func() { p.remove(t, "applied") })
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: v1alpha1.EngineMedusa}}
	store.Name = "applied"
	if err := p.kube.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	ready := p.waitState(t, "applied", v1alpha1.StateReady, 2*time.Minute)
	if ready.Status.Receipt == nil || ready.Status.URL != p.url("applied") {
		t.Errorf("status %+v", ready.Status)
	}
}
