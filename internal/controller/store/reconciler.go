// Package controller turns Store objects into running shops. Each phase is one file and owns one condition; status.go
// alone sums them up. No phase waits: it says what is missing, and a watch brings the store back.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apply"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/tenant"
)

// When to look again although no watch said so.
const (
	// afterConflict is short: somebody else wrote the object, and the cache is about to know.
	afterConflict = 100 * time.Millisecond
	// afterGlance follows what has no watch: warnings, quotas, the answers of other controllers.
	afterGlance = 2 * time.Second
	// afterDelete is how often a delete that makes no progress is looked at.
	afterDelete = 5 * time.Second
	// afterQuiet is the drift check of a store that runs.
	afterQuiet = 10 * time.Minute
)

// fieldOwner owns what the controller applies.
const fieldOwner = client.FieldOwner("shopflow")

// releaser runs Helm releases.
type releaser interface {
	Observe(ctx context.Context, namespace, name string) (helmrelease.Observed, error)
	Converge(ctx context.Context, target helmrelease.Target) (helmrelease.Result, error)
	Uninstall(ctx context.Context, namespace, name string) error
	Correct(ctx context.Context, namespace, name string) ([]*unstructured.Unstructured, error)
}

// Deps are what a Reconciler needs.
type Deps struct {
	// Client reads from the cache and writes; Live reads from the API server.
	Client client.Client
	Live   client.Reader
	Helm   releaser
	Events events.EventRecorder
	Seller seller
	Clock  clock.PassiveClock
	// Random is where secrets come from.
	Random  io.Reader
	Engines engine.Engines
	// Charts are those of the engines.
	Charts map[v1alpha1.Engine]*helmrelease.Chart
	// ServerAccount is the ServiceAccount of the API server, which may read the namespaces of stores.
	ServerAccount types.NamespacedName
	// IngressNamespaces are where customers' traffic comes from.
	IngressNamespaces []string
	// GatewayAddress is host:port of the ingress controller inside the cluster. Empty means that public addresses work
	// from here.
	GatewayAddress string
}

// Reconciler brings stores to where their specs want them.
type Reconciler struct {
	Deps

	sales   *salesroom
	applier *apply.Applier
	// drift is by namespace; nudges are the times of the last ones, and written the resource versions under which statuses were
	// last written, both by store.
	drift   *remembered[string, baseline]
	nudges  *remembered[types.UID, time.Time]
	written *remembered[types.UID, string]
}

// New returns a Reconciler.
func New(deps Deps) *Reconciler {
	return &Reconciler{
		Deps:    deps,
		sales:   newSalesroom(deps.Seller, deps.Clock),
		applier: apply.New(deps.Client, fieldOwner),
		drift:   newRemembered[string, baseline](),
		nudges:  newRemembered[types.UID, time.Time](),
		written: newRemembered[types.UID, string](),
	}
}

// phase is one step to a store that sells.
type phase struct {
	condition string
	run       func(context.Context, *scope) (outcome, error)
	// gate phases must be done before any later one begins.
	gate bool
}

func (r *Reconciler) phases() []phase {
	return []phase{
		{v1alpha1.NamespaceReady, r.reconcileNamespace, true},
		{v1alpha1.GuardrailsReady, r.reconcileGuardrails, true},
		{v1alpha1.CredentialsReady, r.reconcileCredentials, true},
		{v1alpha1.Released, r.reconcileRelease, true},
		{v1alpha1.WorkloadsReady, r.reconcileWorkloads, false},
		{v1alpha1.Exposed, r.reconcileExposure, false},
		{v1alpha1.Selling, r.reconcileSale, false},
	}
}

// Reconcile takes a store one pass further.
func (r *Reconciler) Reconcile(ctx context.Context, store *v1alpha1.Store) (ctrl.Result, error) {
	store, err := r.current(ctx, store)
	if err != nil {
		return quiet(ctx, client.IgnoreNotFound(err))
	}
	if !store.DeletionTimestamp.IsZero() {
		return r.finalize(ctx, store)
	}
	if !controllerutil.ContainsFinalizer(store, v1alpha1.Finalizer) {
		if err := r.addFinalizer(ctx, store); err != nil {
			return quiet(ctx, err)
		}
	}
	s := newScope(store)
	err = r.advance(ctx, s)
	if statusErr := r.writeStatus(ctx, s); statusErr != nil {
		err = errors.Join(err, statusErr)
	}
	if err != nil {
		return quiet(ctx, err)
	}
	return ctrl.Result{RequeueAfter: s.soonest()}, nil
}

// advance runs the phases until one of them has to wait.
func (r *Reconciler) advance(ctx context.Context, s *scope) error {
	if err := r.plan(ctx, s); err != nil {
		if errors.Is(err, catalog.ErrUnavailable) {
			s.outcomes[v1alpha1.Released] = failed(v1alpha1.ReasonEngineUnavailable, sentence(err))
			return nil
		}
		return err
	}
	for _, phase := range r.phases() {
		started := r.Clock.Now()
		result, err := phase.run(ctx, s)
		if err != nil {
			s.outcomes[phase.condition] = refused(err)
			s.spans[phase.condition] = span{started: started}
			return fmt.Errorf("%s: %w", phase.condition, err)
		}
		s.outcomes[phase.condition] = result
		if result.status != "" {
			s.spans[phase.condition] = span{started: started}
		}
		if result.done() {
			s.spans[phase.condition] = span{started: started, ended: r.Clock.Now()}
		} else if phase.gate {
			return nil
		}
	}
	return nil
}

// plan works out what the store should be.
func (r *Reconciler) plan(ctx context.Context, s *scope) error {
	recipe, err := r.Engines.Recipe(s.store)
	s.recipe = recipe
	if err != nil {
		return err
	}
	chart := r.Charts[recipe.Engine]
	if chart == nil {
		return fmt.Errorf("the chart of engine %s is %w on this platform", recipe.Engine, catalog.ErrUnavailable)
	}
	servers, err := r.apiServers(ctx)
	if err != nil {
		return err
	}
	s.tenant = tenant.Tenant{
		Store: s.store.Name, UID: s.store.UID, Namespace: namespaceOf(s.store), Engine: recipe.Engine, Entrance: recipe.Entrance,
		Total: recipe.Size.Total(), ServerAccount: r.ServerAccount, IngressNamespaces: r.IngressNamespaces, APIServers: servers,
	}
	s.digest, err = chart.Digest(recipe.Values)
	return err
}

// addFinalizer writes with the resource version it read, because a merge patch replaces the whole list.
func (r *Reconciler) addFinalizer(ctx context.Context, store *v1alpha1.Store) error {
	before := store.DeepCopy()
	controllerutil.AddFinalizer(store, v1alpha1.Finalizer)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, store, patch); err != nil {
		return fmt.Errorf("add finalizer: %w", err)
	}
	return nil
}

// quiet turns a conflict into another pass: it says only that the cache was behind. What breaks off because the process
// ends is no error either: the next process takes up from here.
func quiet(ctx context.Context, err error) (ctrl.Result, error) {
	select {
	case <-ctx.Done():
		return ctrl.Result{}, nil
	default:
	}
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: afterConflict}, nil
	}
	return ctrl.Result{}, err
}

// refused is the outcome of a phase that ran into an error of the API server.
func refused(err error) outcome {
	if cause := diagnose.Refusal(err.Error()); cause.Reason != "" {
		return because(cause)
	}
	return waiting(v1alpha1.ReasonApplyFailed, sentence(err))
}
