package enginetest

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/shopper"
)

// checkSale buys in a running shop. The proof itself checks that nothing is left of it, so a second one finds the shop as the
// first did.
func checkSale(t *testing.T, e engine.Engine, newShop func(credentials map[string]string) http.Handler) {
	credentials := newCredentials(t, e)
	served := httptest.NewServer(newShop(credentials))
	t.Cleanup(served.Close)
	target := shopper.Target{
		NewShop: e.NewShop, BaseURL: "http://" + Host, DialAddress: served.Listener.Addr().String(), Credentials: credentials,
	}
	for range 2 {
		receipt, err := buy(t, target)
		if err != nil {
			t.Fatal(err)
		}
		if receipt.OrderNumber == "" {
			t.Error("the order has no number")
		}
		var steps []string
		for _, step := range receipt.Steps {
			steps = append(steps, step.Name)
		}
		if diff := cmp.Diff(shopper.Steps(), steps); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
	}
	target.Credentials = maps.Clone(credentials)
	target.Credentials[v1alpha1.KeyAdminPassword] = "not the password"
	_, err := buy(t, target)
	if failed, ok := errors.AsType[*shopper.StepError](err); !ok || failed.Step != shopper.StepSignIn {
		t.Errorf("with a wrong password the sale ended with %v, want a failure to sign in", err)
	}
	if err != nil && strings.Contains(err.Error(), target.Credentials[v1alpha1.KeyAdminPassword]) {
		t.Errorf("the password is in the error %v", err)
	}
}

// buy sends the shopper.
func buy(t *testing.T, target shopper.Target) (shopper.Receipt, error) {
	t.Helper()
	return shopper.New(clock.RealClock{}).Buy(t.Context(), target)
}
