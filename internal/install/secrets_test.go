package install

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func example() Secrets {
	return Secrets{
		Database: "database", DatabaseAddress: "db:5432", Session: "session", AdminToken: "token", FirstAdmin: "admin", AdminEmail: "admin@example.com",
	}
}

func TestCreateSecrets(t *testing.T) {
	clients := fake.NewClientset()
	created, err := example().Create(t.Context(), clients, "shops")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"database", "session", "token", "admin"}, created); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	keys := map[string][]string{}
	secrets, err := clients.CoreV1().Secrets("shops").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets.Items {
		keys[secret.Name] = slices.Sorted(maps.Keys(secret.StringData))
	}
	want := map[string][]string{"database": {"dsn", "password"}, "session": {"key"}, "token": {"token"}, "admin": {"email", "password"}}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for _, action := range clients.Actions() {
		if verb := action.GetVerb(); verb != "create" && verb != "list" { // The list is the test's own.
			t.Errorf("it needs the right to %s", verb)
		}
	}
}

func TestCreateKeepsWhatExists(t *testing.T) {
	old := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shops", Name: "database"}, Data: map[string][]byte{"dsn": []byte("old")}}
	clients := fake.NewClientset(old)
	created, err := example().Create(t.Context(), clients, "shops")
	if err != nil || slices.Contains(created, "database") {
		t.Fatalf("created %v (%v)", created, err)
	}
	again, err := example().Create(t.Context(), clients, "shops")
	if err != nil || len(again) != 0 {
		t.Errorf("a second run created %v (%v)", again, err)
	}
	kept, err := clients.CoreV1().Secrets("shops").Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(old, kept); diff != "" {
		t.Errorf("the Secret changed (-want +got):\n%s", diff)
	}
}

func TestSecretsWithoutNames(t *testing.T) {
	created, err := Secrets{Session: "session"}.Create(t.Context(), fake.NewClientset(), "shops")
	if err != nil || !slices.Equal(created, []string{"session"}) {
		t.Errorf("created %v (%v)", created, err)
	}
}

func TestSecretsAreRandom(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		for _, secret := range example().new() {
			for key, value := range secret.StringData {
				if key == keyEmail {
					continue
				}
				if len(value) < 26 || seen[value] {
					t.Errorf("%s of %s is %d characters, seen before: %v", key, secret.Name, len(value), seen[value])
				}
				seen[value] = true
			}
		}
	}
}

func TestRefusedSecret(t *testing.T) {
	refused := errors.New("refused")
	clients := fake.NewClientset()
	clients.PrependReactor("create", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, refused })
	if _, err := example().Create(t.Context(), clients, "shops"); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}
