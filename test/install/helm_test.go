package install

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

// Other names than those of "shopflow up", so that nothing can depend on them.
const (
	namespace = "shops"
	release   = "cloud"
)

// TestPlainHelm installs the platform with Helm alone and has a store sell. Then it upgrades, uninstalls and installs again: Secrets,
// accounts and the store stay.
func TestPlainHelm(t *testing.T) {
	c := newCluster(t)
	notes := c.helmInstall(t)
	if want := "kubectl -n " + namespace + " get secret shopflow-first-admin"; !strings.Contains(notes, want) {
		t.Errorf("the notes do not say how to sign in:\n%s", notes)
	}
	secrets := c.secrets(t)
	c.signIn(t, secrets)
	c.noBootstrapLeft(t)

	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo"}, Spec: v1alpha1.StoreSpec{Engine: "medusa"}}
	if err := c.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	sold := c.awaitReady(t, store)
	if sold.Status.Receipt == nil || sold.Status.Receipt.OrderNumber == "" {
		t.Fatalf("the store has no receipt: %+v", sold.Status)
	}

	c.run(t, c.helm, append([]string{"upgrade", release, "charts/shopflow", "-n", namespace, "--wait"}, c.values()...)...)
	if diff := cmp.Diff(secrets, c.secrets(t)); diff != "" {
		t.Error("an upgrade changed the Secrets") // The difference would show them.
	}

	c.run(t, c.helm, "uninstall", release, "-n", namespace, "--wait")
	c.keeps(t, sold)
	c.helmInstall(t)
	if diff := cmp.Diff(secrets, c.secrets(t)); diff != "" {
		t.Error("another install changed the Secrets")
	}
	c.signIn(t, secrets)
	if after := c.awaitReady(t, store); after.UID != sold.UID || after.Status.Namespace != sold.Status.Namespace {
		t.Errorf("the store is %s in %s, want %s in %s", after.UID, after.Status.Namespace, sold.UID, sold.Status.Namespace)
	}
	if err := c.Delete(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	c.eventually(t, "the store to be gone", func(ctx context.Context) error {
		if err := c.Get(ctx, client.ObjectKeyFromObject(store), store); client.IgnoreNotFound(err) != nil || err == nil {
			return fmt.Errorf("still there (%w)", err)
		}
		return nil
	})
}

// values returns the arguments that say what runs: what "make images" built, at this cluster's port.
func (c *cluster) values() []string {
	return []string{"-f", "charts/shopflow/values-local.yaml", "-f", c.built + "/values.yaml", "--set", "port=" + c.port}
}

func (c *cluster) helmInstall(t *testing.T) (notes string) {
	t.Helper()
	return c.run(t, c.helm, append([]string{"install", release, "charts/shopflow", "-n", namespace, "--create-namespace", "--wait"}, c.values()...)...)
}

// secrets returns the content of the platform's Secrets by their names.
func (c *cluster) secrets(t *testing.T) map[string]map[string][]byte {
	t.Helper()
	content := map[string]map[string][]byte{}
	for _, name := range []string{"shopflow-admin-token", "shopflow-database", "shopflow-session", "shopflow-first-admin"} {
		var secret corev1.Secret
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, &secret); err != nil {
			t.Fatal(err)
		}
		content[name] = secret.Data
	}
	return content
}

// signIn signs in as the first administrator, with the Secret's password.
func (c *cluster) signIn(t *testing.T, secrets map[string]map[string][]byte) {
	t.Helper()
	platform, err := apiclient.New(apiclient.Config{Server: "http://shopflow.localhost:" + c.port})
	if err != nil {
		t.Fatal(err)
	}
	admin := secrets["shopflow-first-admin"]
	c.eventually(t, "the first administrator to sign in", func(ctx context.Context) error {
		_, session, err := platform.SignIn(ctx, string(admin["email"]), string(admin["password"]), "test")
		if err == nil && session.User.Role != apiclient.RoleAdmin {
			t.Errorf("the first administrator is a %s", session.User.Role)
		}
		platform.CloseIdleConnections()
		return err
	})
}

// noBootstrapLeft makes sure that the hooks leave no account behind that may create Secrets.
func (c *cluster) noBootstrapLeft(t *testing.T) {
	t.Helper()
	meta := metav1.ObjectMeta{Namespace: namespace, Name: "shopflow-bootstrap"}
	for _, object := range []client.Object{
		&corev1.ServiceAccount{ObjectMeta: meta}, &rbacv1.Role{ObjectMeta: meta}, &rbacv1.RoleBinding{ObjectMeta: meta}, &batchv1.Job{ObjectMeta: meta},
	} {
		c.eventually(t, fmt.Sprintf("%T of the hooks to be gone", object), func(ctx context.Context) error {
			if err := c.Get(ctx, client.ObjectKeyFromObject(object), object); client.IgnoreNotFound(err) != nil || err == nil {
				return fmt.Errorf("still there (%w)", err)
			}
			return nil
		})
	}
}

// keeps makes sure that an uninstall left the store, its pods' data and the accounts.
func (c *cluster) keeps(t *testing.T, store *v1alpha1.Store) {
	t.Helper()
	var after v1alpha1.Store
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(store), &after); err != nil || after.UID != store.UID || after.DeletionTimestamp != nil {
		t.Fatalf("the store is %+v (%v)", after.ObjectMeta, err)
	}
	for _, key := range []client.ObjectKey{
		{Namespace: store.Status.Namespace, Name: "uploads"},
		{Namespace: store.Status.Namespace, Name: "data-database-0"},
		{Namespace: namespace, Name: "data-shopflow-database-0"},
	} {
		var claim corev1.PersistentVolumeClaim
		if err := c.Get(t.Context(), key, &claim); err != nil || claim.DeletionTimestamp != nil {
			t.Errorf("claim %s is deleted (%v)", key, err)
		}
	}
}

// awaitReady waits until the controller has seen the store and calls it Ready.
func (c *cluster) awaitReady(t *testing.T, store *v1alpha1.Store) *v1alpha1.Store {
	t.Helper()
	var found v1alpha1.Store
	c.eventually(t, "the store to be Ready", func(ctx context.Context) error {
		if err := c.Get(ctx, client.ObjectKeyFromObject(store), &found); err != nil {
			return err
		}
		if found.State() != v1alpha1.StateReady {
			return fmt.Errorf("it is %s: %+v", found.State(), found.Status.Conditions)
		}
		return nil
	})
	return &found
}

// eventually waits until check finds nothing wrong.
func (c *cluster) eventually(t *testing.T, what string, check func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited for %s: %v", what, err)
		case <-ticker.C:
		}
	}
}
