// Package server is the HTTP API: it turns requests into use cases and their results into what api/openapi.yaml describes.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
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
	Create(ctx context.Context, viewer stores.Viewer, request stores.Request) (store *v1alpha1.Store, created bool, err error)
	Get(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	Delete(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	Credentials(ctx context.Context, viewer stores.Viewer, name string) (*stores.Credentials, error)
	Retry(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	CheckName(ctx context.Context, name string) (stores.NameCheck, error)
	Logs(ctx context.Context, viewer stores.Viewer, name string, options stores.LogOptions) (*stores.Logs, error)
	Reports(ctx context.Context, viewer stores.Viewer, name string) ([]stores.Report, error)
	Usage(ctx context.Context, viewer stores.Viewer, name string) (stores.Usage, error)
	Capacity(ctx context.Context) (stores.Capacity, error)
	Controller(ctx context.Context) (stores.Heartbeat, error)
	Engines(viewer stores.Viewer) []stores.Engine
	Plans() []stores.Plan
}

// Events is how stores are followed.
type Events interface {
	Subscribe(viewer stores.Viewer, name, lastID string) (*stores.Subscription, error)
	List(viewer stores.Viewer, query stores.Query) (stores.Page, error)
	Await(ctx context.Context, store *v1alpha1.Store)
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
	Providers     IdentityProviders
	Audit         Audit
	Sealer        *auth.Sealer   // of cookies
	Secure        bool           // people reach the server over HTTPS
	Limits        Limits         // on what needs no credentials
	Proxies       []netip.Prefix // in front of the gateway, whose X-Forwarded-For is believed
	Heartbeat     time.Duration  // how long a stream may be silent; 0 means 15 s
	AdmitEvery    time.Duration  // how often a stream's reader must still be one who may read it; 0 means 15 s
	// Stopping is closed when the server stops, which ends the logs that are followed; nil means never.
	Stopping <-chan struct{}
	Clock    clock.PassiveClock
	Log      *slog.Logger
}

type server struct {
	stores    Stores
	events    Events
	synced    func() bool
	dashboard http.Handler

	bootstrap *Authenticator
	accounts  Accounts
	providers IdentityProviders
	audit     Audit
	sealer    *auth.Sealer
	secure    bool
	origins   *http.CrossOriginProtection
	limiters  limiters
	proxies   []netip.Prefix

	silence    time.Duration
	admitEvery time.Duration
	stopping   <-chan struct{}
	streams    *streams

	clock    clock.PassiveClock
	log      *slog.Logger
	metrics  *metrics
	registry *prometheus.Registry
	routes   *http.ServeMux

	reference func() ([]byte, error) // the page about the API, made once
}
