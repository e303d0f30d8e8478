// Package store turns Store objects into running shops. Each phase has a file and owns one condition; status.go alone sums them up.
// No phase waits: it says what is missing, and a watch triggers the next pass.
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
	"shopflow.dev/shopflow/internal/shopper"
)

// When to run another pass although no watch triggered one.
const (
	// conflictDelay is short: another client wrote the object, and the cache is about to know.
	conflictDelay = 100 * time.Millisecond
	// pollInterval is for what has no watch: warnings, quotas, the answers of other controllers.
	pollInterval = 2 * time.Second
	// deleteInterval is for a delete that makes no progress.
	deleteInterval = 5 * time.Second
	// refusedInterval is for a change that was refused.
	refusedInterval = 30 * time.Second
	// driftInterval is for a store that is Ready.
	driftInterval = 10 * time.Minute
)

// errorGrace is how long errors of the API server may be no more than a hiccup.
const errorGrace = 10 * time.Second

// fieldOwner owns what the controller applies.
const fieldOwner = client.FieldOwner("shopflow")

// releaser runs Helm releases.
type releaser interface {
	Observe(ctx context.Context, namespace, name string) (helmrelease.Observed, error)
	Revision(ctx context.Context, namespace, name string, revision int) (helmrelease.Observed, error)
	Converge(ctx context.Context, target helmrelease.Target) (helmrelease.Result, error)
	Uninstall(ctx context.Context, namespace, name string) error
	Correct(ctx context.Context, namespace, name string) ([]*unstructured.Unstructured, error)
}

// Deps are what a Reconciler needs.
type Deps struct {
	// Client reads from the cache and writes; Live reads from the API server.
	Client  client.Client
	Live    client.Reader
	Helm    releaser
	Events  events.EventRecorder
	Shopper shopkeeper
	Clock   clock.PassiveClock
	// Random is the source of secrets.
	Random  io.Reader
	Engines engine.Engines
	// Charts are those of the engines.
	Charts map[v1alpha1.Engine]*helmrelease.Chart
	// ServerAccount is the ServiceAccount of the API server, which may read the namespaces of stores.
	ServerAccount types.NamespacedName
	// IngressNamespaces are the namespaces that customers' traffic comes from.
	IngressNamespaces []string
	// GatewayAddress is host:port of the ingress controller inside the cluster. Empty means that public addresses work from here.
	GatewayAddress string
}

// Reconciler brings stores to what their specs say.
type Reconciler struct {
	Deps

	// prover proves that a new release sells, and checker that one still does after it was changed.
	prover  *visits[shopper.Receipt]
	checker *visits[shopper.Checked]
	applier *apply.Applier
	// baselines are by namespace.
	baselines *cache[string, baseline]
	// nudges are the times of the last ones, and written the resource versions of the last written statuses, both by store.
	nudges  *cache[types.UID, time.Time]
	written *cache[types.UID, string]
	// works are by store, and usual is by engine.
	works *cache[types.UID, work]
	usual *cache[v1alpha1.Engine, usualTime]
}

// New returns a Reconciler.
func New(deps Deps) *Reconciler {
	return &Reconciler{
		Deps: deps,
		prover: newVisits(deps.Clock, func(ctx context.Context, _ target, shop shopper.Target) (shopper.Receipt, error) {
			return deps.Shopper.Buy(ctx, shop)
		}),
		checker: newVisits(deps.Clock, func(ctx context.Context, target target, shop shopper.Target) (shopper.Checked, error) {
			if target.title != "" {
				return shopper.Checked{}, deps.Shopper.SetTitle(ctx, shop, target.title)
			}
			return deps.Shopper.Check(ctx, shop)
		}),
		applier:   apply.New(deps.Client, fieldOwner),
		baselines: newCache[string, baseline](),
		nudges:    newCache[types.UID, time.Time](),
		written:   newCache[types.UID, string](),
		works:     newCache[types.UID, work](),
		usual:     newCache[v1alpha1.Engine, usualTime](),
	}
}

// phase is one step to a store that sells.
type phase struct {
	condition string
	run       func(context.Context, *scope) (outcome, error)
	// gate phases must be complete before any later one starts.
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

// Reconcile runs one pass over a store.
func (r *Reconciler) Reconcile(ctx context.Context, store *v1alpha1.Store) (ctrl.Result, error) {
	store, err := r.current(ctx, store)
	if err != nil {
		return resultOf(ctx, client.IgnoreNotFound(err))
	}
	if !store.DeletionTimestamp.IsZero() {
		return r.delete(ctx, store)
	}
	if !controllerutil.ContainsFinalizer(store, v1alpha1.Finalizer) {
		if err := r.addFinalizer(ctx, store); err != nil {
			return resultOf(ctx, err)
		}
	}
	s := newScope(store, r.Clock.Now())
	if err := r.checkData(ctx, s); err != nil {
		return resultOf(ctx, err)
	}
	switch err := r.plan(ctx, s); {
	case err != nil && !errors.Is(err, catalog.ErrUnavailable):
		return resultOf(ctx, err)
	case s.loss != nil:
		s.outcomes[v1alpha1.NamespaceReady] = dataLost(s.loss, s.apart)
	case err != nil:
		s.outcomes[v1alpha1.Released] = needsAction(v1alpha1.ReasonEngineUnavailable, sentence(err))
	default:
		err := r.advance(ctx, s)
		s.judgeRefresh()
		if err != nil {
			return resultOf(ctx, errors.Join(err, r.writeStatus(ctx, s)))
		}
	}
	if err := errors.Join(r.writeStatus(ctx, s), s.unclosed); err != nil {
		return resultOf(ctx, err)
	}
	return ctrl.Result{RequeueAfter: s.requeueAfter()}, nil
}

// advance runs the phases until one of them has to wait.
func (r *Reconciler) advance(ctx context.Context, s *scope) error {
	for _, phase := range r.phases() {
		started := r.Clock.Now()
		result, err := phase.run(ctx, s)
		if err != nil {
			s.outcomes[phase.condition] = refused(s, phase.condition, err)
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
	if err := r.finishChange(ctx, s); err != nil {
		return fmt.Errorf("finish the last change: %w", err)
	}
	return nil
}

// addFinalizer requires the resource version that was read, because a merge patch replaces the whole list.
func (r *Reconciler) addFinalizer(ctx context.Context, store *v1alpha1.Store) error {
	before := store.DeepCopy()
	controllerutil.AddFinalizer(store, v1alpha1.Finalizer)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, store, patch); err != nil {
		return fmt.Errorf("add finalizer: %w", err)
	}
	return nil
}

// resultOf turns a conflict into another pass: it says only that the cache was stale. Errors of a process that is ending are dropped:
// the next process continues from here.
func resultOf(ctx context.Context, err error) (ctrl.Result, error) {
	select {
	case <-ctx.Done():
		return ctrl.Result{}, nil
	default:
	}
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	}
	return ctrl.Result{}, err
}

// refused is the outcome of a phase that failed with an error of the API server. One that passes quickly is no failure.
func refused(s *scope, phase string, err error) outcome {
	if cause := diagnose.Refusal(err.Error()); cause.Reason != "" {
		return diagnosed(cause)
	}
	if s.now.Sub(s.falseSince(phase)) < errorGrace {
		return waiting(v1alpha1.ReasonApplyFailed, sentence(err))
	}
	return retrying(v1alpha1.ReasonApplyFailed, sentence(err))
}
