package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/auth/authtest"
	"shopflow.dev/shopflow/internal/problem"
)

// TestProviderThatHangs signs in many times with a provider that does not answer: each waits only as long as it may, and the provider
// is asked once.
func TestProviderThatHangs(t *testing.T) {
	var asked atomic.Int32
	ended := make(chan struct{})
	issuer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	}))
	t.Cleanup(issuer.Close)
	t.Cleanup(func() { close(ended) })
	service, _, _, _ := open(t, authtest.NewMemory())
	providers, err := auth.NewProviders(service, sealer(t), "http://shops.example/callback", []auth.ProviderConfig{
		{ID: "slow", Name: "Slow", Issuer: issuer.URL, ClientID: "shopflow"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, _, err := providers.Start(ctx, "slow", "/")
			expectKind(t, "no answer", err, problem.ProviderUnavailable)
		})
	}
	group.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func sealer(t *testing.T) *auth.Sealer {
	t.Helper()
	made, err := auth.NewSealer("a key for tests: 0123456789012345")
	if err != nil {
		t.Fatal(err)
	}
	return made
}
