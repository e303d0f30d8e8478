package e2e

import (
	"cmp"
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

func TestStoreSells(t *testing.T) { eachEngine(t, testStoreSells) }

func testStoreSells(t *testing.T, p *platform, k kind) {
	made := p.create(t, k.engine, "sells")
	if made.State != "Ready" || made.URL != p.url("sells") || !strings.HasPrefix(made.AdminURL, made.URL+"/") {
		t.Errorf("got %+v", made)
	}
	if made.Receipt == nil || made.Receipt.OrderNumber == "" || len(made.Receipt.Steps) < 5 || made.Receipt.Milliseconds <= 0 {
		t.Fatalf("the receipt is %+v", made.Receipt)
	}
	shop, err := p.visit(t.Context(), k.engine, "sells")
	if err != nil {
		t.Fatal(err)
	}
	owner, err := p.owner(t.Context(), t, shop, "sells")
	if err != nil {
		t.Fatal(err)
	}

	t.Run("TheProofLeavesNothing", func(t *testing.T) {
		orders, err := owner.orders(t.Context())
		if err != nil || len(orders) != 0 {
			t.Errorf("orders %+v, %v; want none", orders, err)
		}
		if err := owner.untouched(t.Context()); err != nil {
			t.Error(err)
		}
	})

	t.Run("AStrangersOrderReachesTheAdmin", func(t *testing.T) {
		placed, err := shop.buy(t.Context(), "robin@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if want := cmp.Or(k.firstOrder, made.Receipt.OrderNumber); placed.Number != want || placed.Total <= 0 {
			t.Errorf("the owner's first order is %+v, want number %s", placed, want)
		}
		orders, err := owner.orders(t.Context())
		if err != nil || len(orders) != 1 || orders[0] != placed {
			t.Errorf("the admin sees %+v, %v; want %+v", orders, err, placed)
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

	t.Run("KubectlShowsIt", func(t *testing.T) { checkTable(t, p, k, "sells", made.URL) })
	t.Run("CreateAgainIsTheSame", func(t *testing.T) { checkIdempotence(t, p, k) })
}

// checkTable asks for stores as kubectl does and looks for the columns that people read.
func checkTable(t *testing.T, p *platform, k kind, name, url string) {
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
	want := map[string]any{"Name": name, "Engine": string(k.engine), "Plan": "small", "State": "Ready", "Title": name, "URL": url}
	for column, value := range want {
		if got[column] != value {
			t.Errorf("column %s is %v, want %v", column, got[column], value)
		}
	}
}

func checkIdempotence(t *testing.T, p *platform, k kind) {
	t.Helper()
	before := p.store(t, "sells")
	again := decode[storeJSON](t, p.must(t, "store", "create", "sells", "--engine", string(k.engine), "--wait", "-o", "json"))
	if again.State != "Ready" || p.store(t, "sells").UID != before.UID {
		t.Errorf("creating it again gave %+v", again)
	}
	if _, stderr, code := p.shopflow(t, "store", "create", "sells", "--engine", string(k.engine), "--plan", "large"); code != 1 || !strings.Contains(stderr, "sells") {
		t.Errorf("another spec ended with %d and said %q; want 1 and a conflict", code, stderr)
	}
}

func TestTwoStoresShareNoSecret(t *testing.T) { eachEngine(t, testTwoStores) }

func testTwoStores(t *testing.T, p *platform, k kind) {
	const title = `It's "B" & <b>Co</b> $(id) 🛒`
	one, two := p.create(t, k.engine, "alpha"), p.create(t, k.engine, "beta", "--display-name", title)
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
	if len(first) != k.secrets {
		t.Errorf("the store has %d credentials, want %d", len(first), k.secrets)
	}
	checkNoSecretIsShown(t, p, one, first)
	checkStrangers(t, p, k, first, second)

	shop, err := p.visit(t.Context(), k.engine, "beta")
	if err != nil {
		t.Fatal(err)
	}
	page, err := shop.page(t.Context())
	if err != nil || strings.Contains(page, "<b>Co</b>") {
		t.Errorf("the hostile title is in the page as HTML (%v)", err)
	}
	if got := decode[struct{ DisplayName string }](t, p.must(t, "store", "get", "beta", "-o", "json")).DisplayName; got != title {
		t.Errorf("the title came back as %q", got)
	}
}

// checkStrangers uses in one store what belongs to the other.
func checkStrangers(t *testing.T, p *platform, k kind, first, second map[string]string) {
	t.Helper()
	alpha, err := p.visit(t.Context(), k.engine, "alpha")
	if err != nil {
		t.Fatal(err)
	}
	beta, err := p.visit(t.Context(), k.engine, "beta")
	if err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{first["admin-email"], second["admin-email"]} {
		if _, err := beta.signIn(t.Context(), email, first["admin-password"]); err == nil {
			t.Errorf("%s signed in to the second store with the first one's password", email)
		}
	}
	owner, err := alpha.signIn(t.Context(), first["admin-email"], first["admin-password"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.orders(t.Context()); err != nil {
		t.Fatalf("the session does not work at home: %v", err)
	}
	if err := beta.refuses(t.Context(), owner, first); err != nil {
		t.Error(err)
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
	eachEngine(t, func(t *testing.T, p *platform, k kind) {
		t.Cleanup(func() { p.remove(t, "applied") })
		store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: k.engine}}
		store.Name = "applied"
		if err := p.kube.Create(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		ready := p.waitState(t, "applied", v1alpha1.StateReady, 2*time.Minute)
		if ready.Status.Receipt == nil || ready.Status.URL != p.url("applied") {
			t.Errorf("status %+v", ready.Status)
		}
	})
}
