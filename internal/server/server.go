// Package server is the HTTP API: it turns requests into use cases and their results into what api/openapi.yaml describes.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/stores"
)

//go:generate go tool -modfile=../../hack/tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../api/openapi.yaml

// Stores is what can be done with stores.
type Stores interface {
	Create(ctx context.Context, request stores.Request) (store *v1alpha1.Store, created bool, err error)
	List(ctx context.Context, viewer stores.Viewer) ([]v1alpha1.Store, error)
	Get(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	Delete(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	Credentials(ctx context.Context, viewer stores.Viewer, name string) (*stores.Credentials, error)
	Engines() []stores.Engine
}

// Events is how stores are followed.
type Events interface {
	Subscribe(viewer stores.Viewer, name string, version uint64) (*stores.Subscription, error)
	CountByState() map[v1alpha1.State]int
}

// Deps is what a server needs.
type Deps struct {
	Stores        Stores
	Events        Events
	Synced        func() bool    // whether Events knows every store
	Dashboard     http.Handler   // serves every path that the contract does not have; nil for an API alone
	Authenticator *Authenticator // of the bootstrap token
	Accounts      Accounts
	Audit         Audit
	Sealer        *auth.Sealer  // of cookies
	Secure        bool          // people reach the server over HTTPS
	Heartbeat     time.Duration // how long a stream may be silent; 0 means 15 s
	Clock         clock.PassiveClock
	Log           *slog.Logger
}

type server struct {
	stores    Stores
	events    Events
	synced    func() bool
	dashboard http.Handler

	bootstrap *Authenticator
	accounts  Accounts
	audit     Audit
	sealer    *auth.Sealer
	secure    bool
	origins   *http.CrossOriginProtection

	silence  time.Duration
	clock    clock.PassiveClock
	log      *slog.Logger
	metrics  *metrics
	registry *prometheus.Registry
	routes   *http.ServeMux
}
