package api

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/server/servertest"
	"shopflow.dev/shopflow/internal/stores"
)

// unchecked passes objects on to the API server as they are: what internal/stores checks before is left out.
type unchecked struct {
	client.Client
	spec v1alpha1.StoreSpec
	name string
}

func (u unchecked) Create(ctx context.Context, _ client.Object, options ...client.CreateOption) error {
	return u.Client.Create(ctx, &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: u.name}, Spec: u.spec}, append(options, client.DryRunAll)...)
}

// TestTheCRDAndTheServerAgree sends the same input past the server's own checks: both must say the same.
func TestTheCRDAndTheServerAgree(t *testing.T) {
	objects := administrator(t)
	installCRD(t, objects)
	for name, request := range map[string]stores.Request{
		"Good": {}, "Most": {Plan: "large", Version: "2.21.2", AdminEmail: "a.b+c@x-y.example.com", DisplayName: strings.Repeat("店", 80)},
		"Hostile": {DisplayName: "<b>\"$(id)\"'`\n🛍️ \\"}, "Longest": {Name: strings.Repeat("a", 40)}, "TooLong": {Name: strings.Repeat("a", 41)},
		"Digit": {Name: "1a"}, "Hyphen": {Name: "a-"}, "Leading": {Name: "-a"}, "Upper": {Name: "Aa"}, "Dot": {Name: "a.b"}, "Punycode": {Name: "xn--a"},
		"Kubernetes": {Name: "kube-a"}, "WWW": {Name: "www"}, "API": {Name: "api"}, "Admin": {Name: "admin"}, "ShopFlow": {Name: "shopflow"},
		"Engine": {Engine: "Magento!"}, "Plan": {Plan: "huge"}, "Version": {Version: "2.x"}, "VersionLine": {Version: "2\n"},
		"LongTitle": {DisplayName: strings.Repeat("店", 81)}, "Control": {DisplayName: "a\x1bb"}, "Tab": {DisplayName: "a\tb"}, "Delete": {DisplayName: "a\x7fb"},
		"Email": {AdminEmail: "me"}, "EmailHeader": {AdminEmail: "a@example.com\nBcc: b@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			if request.Name == "" {
				request.Name = "demo"
			}
			if request.Engine == "" {
				request.Engine = "medusa"
			}
			request.Owner = "admin"
			spec := v1alpha1.StoreSpec{DisplayName: request.DisplayName, Engine: request.Engine, Version: request.Version, Plan: request.Plan, Owner: request.Owner, AdminEmail: request.AdminEmail}
			good := stores.Request{Name: "demo", Engine: "medusa", Owner: "admin"}
			service := stores.New(unchecked{objects, spec, request.Name}, stores.Platform{Engines: servertest.Engines(), Catalog: servertest.Catalog()})
			_, _, byCRD := service.Create(t.Context(), stores.Viewer{All: true}, good)
			byServer := request.Validate(service.Engines(stores.Viewer{All: true}))
			if (byCRD == nil) != (byServer == nil) {
				t.Fatalf("the CRD says %v, the server %v", byCRD, byServer)
			}
			var crd, server *problem.Error
			if byCRD == nil || !errors.As(byServer, &server) {
				return
			}
			if !errors.As(byCRD, &crd) || crd.Kind != problem.Invalid {
				t.Fatalf("the CRD's refusal is no refusal of fields: %v", byCRD)
			}
			for _, field := range crd.Fields {
				if field.Name != server.Fields[0].Name || strings.Contains(field.Message, "nvalid value: ") {
					t.Errorf("the CRD names %+v, the server %+v", field, server.Fields)
				}
			}
		})
	}
}

func TestAStoreFromTheFirstRequestToTheLast(t *testing.T) {
	objects := administrator(t)
	installCRD(t, objects)
	grant(t, objects)
	platform := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	events := follow(ctx, t, platform, "demo")

	spec := apiclient.CreateStore{Name: "demo", Engine: "medusa", DisplayName: `<b>"x"</b>`}
	made, created, err := platform.Create(ctx, spec)
	if err != nil || !created {
		t.Fatalf("create: created %t, %v", created, err)
	}
	events.until(t, func(e apiclient.Event) bool { return e.Type == apiclient.StoreUpdated && e.Store.UID == made.UID })
	again, created, err := platform.Create(ctx, spec)
	if err != nil || created || again.UID != made.UID {
		t.Errorf("create again: created %t, %v, uid %s after %s", created, err, again.UID, made.UID)
	}
	spec.Plan = "large"
	if _, _, err := platform.Create(ctx, spec); !apiclient.IsCode(err, apiclient.ProblemCodeStoreConflict) {
		t.Errorf("create with different settings: %v", err)
	}

	control(t, objects, func(store *v1alpha1.Store) {
		store.Status.Namespace, store.Status.URL, store.Status.AdminURL = "store-test", "http://demo.example", "http://demo.example/app"
		store.Status.Conditions = []metav1.Condition{{Type: v1alpha1.Ready, Status: metav1.ConditionTrue, Reason: "Succeeded", ObservedGeneration: store.Generation, LastTransitionTime: metav1.Now()}}
	})
	events.until(t, func(e apiclient.Event) bool { return e.Store.State == apiclient.StoreStateReady })
	checkCredentials(ctx, t, objects, platform)

	deleting, err := platform.Delete(ctx, "demo")
	if err != nil || deleting.State != apiclient.StoreStateDeleting {
		t.Fatalf("delete: %s, %v", deleting.State, err)
	}
	if _, _, err := platform.Create(ctx, apiclient.CreateStore{Name: "demo", Engine: "medusa"}); !apiclient.IsCode(err, apiclient.ProblemCodeStoreDeleting) {
		t.Errorf("create while it is being deleted: %v", err)
	}
	control(t, objects, func(store *v1alpha1.Store) {
		now := metav1.NowMicro()
		store.Status.Deletion = &v1alpha1.Deletion{StartedAt: now, VerifiedAt: &now}
	})
	release(t, objects)
	last := events.until(t, func(e apiclient.Event) bool { return e.Type == apiclient.StoreDeleted })
	if last.Store.Deletion == nil || last.Store.Deletion.VerifiedAt == nil {
		t.Errorf("the last event has no receipt: %+v", last.Store)
	}
	if _, err := platform.Delete(ctx, "demo"); !apiclient.IsCode(err, apiclient.ProblemCodeStoreNotFound) {
		t.Errorf("delete again: %v", err)
	}
}

// checkCredentials reads the credentials: not while the Secret is missing, not without a Role for it, and then they are there.
func checkCredentials(ctx context.Context, t *testing.T, objects client.Client, platform *apiclient.Platform) {
	t.Helper()
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "store-test", Name: name} }
	create := func(object client.Object) {
		if err := objects.Create(ctx, object); err != nil {
			t.Fatal(err)
		}
	}
	create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store-test"}})
	create(&corev1.Secret{ObjectMeta: meta("store-credentials"), StringData: map[string]string{"admin-email": "me@example.com", "admin-password": "pass"}})
	if _, err := platform.Credentials(ctx, "demo"); !apiclient.IsCode(err, apiclient.ProblemCodeInternal) {
		t.Errorf("credentials without the right to them: %v", err)
	}
	create(&rbacv1.Role{ObjectMeta: meta(serviceAccount), Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{"store-credentials"}, Verbs: []string{"get"}}}})
	create(&rbacv1.RoleBinding{
		ObjectMeta: meta(serviceAccount), RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: serviceAccount},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: serviceAccount}},
	})
	eventually(t, func() error { // The API server learns of new rights by a watch.
		credentials, err := platform.Credentials(ctx, "demo")
		if err == nil && (credentials.Email != "me@example.com" || credentials.Password != "pass") {
			t.Fatalf("credentials: %+v", credentials)
		}
		return err
	})
}

// control changes the store's status and holds it by a finalizer, as the controller does.
func control(t *testing.T, objects client.Client, change func(*v1alpha1.Store)) {
	t.Helper()
	eventually(t, func() error {
		var store v1alpha1.Store
		if err := objects.Get(t.Context(), client.ObjectKey{Name: "demo"}, &store); err != nil {
			return err
		}
		if len(store.Finalizers) == 0 {
			store.Finalizers = []string{"shopflow.dev/test"}
			if err := objects.Update(t.Context(), &store); err != nil {
				return err
			}
		}
		change(&store)
		return objects.Status().Update(t.Context(), &store)
	})
}

func release(t *testing.T, objects client.Client) {
	t.Helper()
	eventually(t, func() error {
		var store v1alpha1.Store
		if err := objects.Get(t.Context(), client.ObjectKey{Name: "demo"}, &store); err != nil {
			if apierrors.IsNotFound(err) {
				return nil
			}
			return err
		}
		store.Finalizers = nil
		return objects.Update(t.Context(), &store)
	})
}

// followed is an open stream of events.
type followed chan apiclient.Event

// follow opens a stream and returns when it is synced.
func follow(ctx context.Context, t *testing.T, platform *apiclient.Platform, name string) followed {
	t.Helper()
	events := make(followed, 100)
	go func() {
		_ = platform.Follow(ctx, name, func(_ context.Context, event apiclient.Event) (bool, error) { // Ends with the test.
			events <- event
			return event.Type == apiclient.StoreDeleted, nil
		})
	}()
	events.until(t, func(e apiclient.Event) bool { return e.Type == apiclient.Synced })
	return events
}

// until returns the first event that is the one.
func (f followed) until(t *testing.T, is func(apiclient.Event) bool) apiclient.Event {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case event := <-f:
			if is(event) {
				return event
			}
		case <-late:
			t.Fatal("no such event for 30 s")
		}
	}
}
