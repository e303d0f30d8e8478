// Package server is the HTTP API: it turns requests into use cases and their results into what api/openapi.yaml describes.
package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/feed"
	"shopflow.dev/shopflow/internal/observe"
	"shopflow.dev/shopflow/internal/ratelimit"
	"shopflow.dev/shopflow/internal/stores"
)

//go:generate go tool -modfile=../../hack/tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../api/openapi.yaml

// Stores has the use cases of stores.
type Stores interface {
	Create(ctx context.Context, viewer stores.Viewer, request stores.Request) (store *v1alpha1.Store, created bool, err error)
	Get(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	Delete(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	Credentials(ctx context.Context, viewer stores.Viewer, name string) (*stores.Credentials, error)
	Update(ctx context.Context, viewer stores.Viewer, name string, change stores.Change) (*v1alpha1.Store, error)
	Reset(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	Retry(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
	CheckName(ctx context.Context, name string) (stores.NameCheck, error)
	Engines(viewer stores.Viewer) []stores.Engine
	Plans() []stores.Plan
}

// Observer reads what stores and the cluster do.
type Observer interface {
	Logs(ctx context.Context, viewer stores.Viewer, name string, options observe.LogOptions) (*observe.Logs, error)
	Events(ctx context.Context, viewer stores.Viewer, name string) ([]observe.Event, error)
	Usage(ctx context.Context, viewer stores.Viewer, name string) (observe.Usage, error)
	Capacity(ctx context.Context) (observe.Capacity, error)
	Controller(ctx context.Context) (observe.Heartbeat, error)
}

// Feed lists and follows stores.
type Feed interface {
	Subscribe(viewer stores.Viewer, name, lastID string) (*feed.Subscription, error)
	List(viewer stores.Viewer, query feed.Query) (feed.Page, error)
	Await(ctx context.Context, store *v1alpha1.Store)
	CountByState() map[v1alpha1.State]int
}

// Accounts has the use cases of accounts.
type Accounts interface {
	SignUpOpen() bool
	SignIn(ctx context.Context, email, password, network string) (auth.User, error)
	SignUp(ctx context.Context, request auth.NewUser) (auth.User, error)
	StartSession(ctx context.Context, user auth.User) (id string, p auth.Principal, err error)
	Session(ctx context.Context, id string) (auth.Principal, error)
	EndSession(ctx context.Context, p auth.Principal) error
	UpdateAccount(ctx context.Context, p auth.Principal, name *string, current, password string) (auth.User, error)

	CreateToken(ctx context.Context, p auth.Principal, request auth.NewToken) (token auth.Token, secret string, err error)
	Token(ctx context.Context, secret string) (auth.Principal, error)
	Tokens(ctx context.Context, p auth.Principal) ([]auth.Token, error)
	RevokeToken(ctx context.Context, p auth.Principal, id string) (auth.Token, error)

	AllowLogin(ctx context.Context, p auth.Principal, request auth.NewLogin) (address string, err error)
	RefuseLogin(request auth.NewLogin) (address string, err error)
	ExchangeLogin(ctx context.Context, code, verifier, redirect string) (auth.IssuedToken, error)

	CreateUser(ctx context.Context, request auth.NewUser) (auth.User, error)
	Users(ctx context.Context) ([]auth.User, error)
	User(ctx context.Context, id string) (auth.User, error)
	UpdateUser(ctx context.Context, id string, changes auth.Changes) (auth.User, error)
	DeleteUser(ctx context.Context, id string) error
}

// Deps are a server's dependencies.
type Deps struct {
	Stores        Stores
	Observer      Observer
	Feed          Feed
	Synced        func() bool    // whether Feed has read every store
	Dashboard     http.Handler   // serves every path that the contract does not have; nil for the API alone
	Authenticator *Authenticator // of the bootstrap token
	Accounts      Accounts
	Providers     IdentityProviders
	Audit         Audit
	Sealer        *auth.Sealer   // of cookies
	Secure        bool           // people reach the server over HTTPS
	Limits        Limits         // on what needs no credentials
	Proxies       []netip.Prefix // in front of the gateway, whose X-Forwarded-For is trusted
	Heartbeat     time.Duration  // how long a stream may be silent; 0 means 15 s
	Reauthorize   time.Duration  // how often a stream checks that its reader may still read it; 0 means 15 s
	// Stopping is closed when the server stops, which ends the logs that are followed; nil means never.
	Stopping <-chan struct{}
	Clock    clock.PassiveClock
	Log      *slog.Logger
}

type server struct {
	stores    Stores
	observer  Observer
	feed      Feed
	synced    func() bool
	dashboard http.Handler

	bootstrap *Authenticator
	accounts  Accounts
	providers IdentityProviders
	audit     Audit
	sealer    *auth.Sealer
	secure    bool
	origins   *http.CrossOriginProtection
	limiters  map[limit]*ratelimit.Limiter
	proxies   []netip.Prefix

	heartbeat   time.Duration
	reauthorize time.Duration
	stopping    <-chan struct{}
	streams     *streams

	clock    clock.PassiveClock
	log      *slog.Logger
	metrics  *metrics
	registry *prometheus.Registry

	routes    map[string]route // by pattern
	mux       *http.ServeMux
	unmatched http.Handler // answers what the contract does not have

	reference func() ([]byte, error) // the page about the API, rendered once
}

// New returns the handler of the whole API. Its operations are those of the contract: the generated code registers each of them, and
// does not compile without a handler for each. An operation without a row in the table of routes is an error.
func New(deps Deps) (http.Handler, error) {
	s := &server{
		stores:    deps.Stores,
		observer:  deps.Observer,
		feed:      deps.Feed,
		synced:    deps.Synced,
		dashboard: deps.Dashboard,

		bootstrap: deps.Authenticator,
		accounts:  deps.Accounts,
		providers: deps.Providers,
		audit:     deps.Audit,
		sealer:    deps.Sealer,
		secure:    deps.Secure,
		origins:   http.NewCrossOriginProtection(),
		limiters:  deps.Limits.limiters(deps.Clock),
		proxies:   deps.Proxies,

		heartbeat:   cmp.Or(deps.Heartbeat, defaultHeartbeat),
		reauthorize: cmp.Or(deps.Reauthorize, defaultReauthorize),
		stopping:    deps.Stopping,
		streams:     newStreams(),

		clock:    deps.Clock,
		log:      deps.Log,
		registry: prometheus.NewRegistry(),

		routes: routes(),
		mux:    http.NewServeMux(),

		reference: sync.OnceValues(renderReference),
	}
	s.metrics = newMetrics(s.registry, deps.Feed)
	s.unmatched = s.protect(route{}, nil, notFound(s.mux)) // Only who is signed in learns which paths exist.
	if err := s.register(s.routes); err != nil {
		return nil, fmt.Errorf("register the API's operations: %w", err)
	}
	return s, nil
}
