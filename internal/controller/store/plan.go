package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/tenant"
)

// Labels of a release's records: what a store runs is written in one step with the release itself.
const (
	labelVersion = "shopflow.dev/version"
	labelPlan    = "shopflow.dev/plan"
	// labelSoftware is the digest that a receipt is for.
	labelSoftware = "shopflow.dev/software"
)

// plan computes what the store should be. One that sells keeps its chart, images and size, whatever this program brings: only what
// its spec asks for is changed.
func (r *Reconciler) plan(ctx context.Context, s *scope) error {
	var err error
	if s.observed, err = r.Helm.Observe(ctx, namespaceOf(s.store), s.store.Name); err != nil {
		return err
	}
	running, err := r.running(ctx, s)
	if err != nil {
		return err
	}
	s.refresh = refreshOf(s.store, s.observed)
	planned, err := r.planRefresh(ctx, s, running)
	if err != nil {
		return err
	}
	if !planned {
		if s.recipe, err = r.recipe(ctx, s.store, running); err != nil {
			return err
		}
		if err := errors.Join(r.planRelease(s, running), r.noteToday(s, running)); err != nil {
			return err
		}
	}
	s.offered = r.Engines.Catalog.Has(s.store.Spec.Engine, s.recipe.Version)
	servers, err := r.apiServers(ctx)
	if err != nil {
		return err
	}
	quota, err := r.quota(ctx, namespaceOf(s.store))
	if err != nil {
		return err
	}
	size := s.recipe.Size
	if s.other != nil {
		size = size.Covering(*s.other)
	}
	s.tenant = tenant.Tenant{
		Store: s.store.Name, UID: s.store.UID, Namespace: namespaceOf(s.store), Engine: s.recipe.Engine.Name, Frontend: s.recipe.Engine.Frontend,
		Size: size, Quota: quota, ServerAccount: r.ServerAccount, IngressNamespaces: r.IngressNamespaces, APIServers: servers,
	}
	return nil
}

// recipe returns how to run the store. Another plan is refused if the cluster has no room for it, or
// a volume cannot grow to its size.
func (r *Reconciler) recipe(ctx context.Context, store *v1alpha1.Store, running *engine.Running) (engine.Recipe, error) {
	recipe, err := r.Engines.Recipe(store, running)
	if err != nil || running == nil || running.Plan == "" || running.Plan == recipe.Plan {
		return recipe, err
	}
	short := r.checkCapacity(ctx, namespaceOf(store), recipe.Size)
	if short == nil {
		short = r.checkGrowth(ctx, namespaceOf(store), recipe.Size)
	}
	refused, isRefusal := errors.AsType[*refusal](short)
	if !isRefusal {
		return recipe, short
	}
	running.Refuse = refused
	return r.Engines.Recipe(store, running)
}

// running returns what the store runs if it has sold. One that never has may still get what is new.
func (r *Reconciler) running(ctx context.Context, s *scope) (*engine.Running, error) {
	known, ok := engine.Find(r.Engines.Known, s.store.Spec.Engine)
	startsAgain := s.accepted != nil && slices.ContainsFunc(s.accepted.Claims, holdsOrders)
	if !ok || startsAgain || !isLive(s.store.Status, s.observed) {
		return nil, nil
	}
	status := s.store.Status
	switch {
	case s.observed.Values != nil:
		return r.grown(ctx, s, revisionOf(s.store, known, s.observed))
	case status.Version == "" || status.Release == nil:
		return nil, nil
	default:
		return r.grown(ctx, s, engine.Running{
			Software: catalog.Software{Version: status.Version, Images: status.Release.Images}, Plan: status.Release.Plan,
			DatabaseStorage: status.Release.DatabaseStorage, UploadsStorage: status.Release.UploadsStorage,
		})
	}
}

// revisionOf returns what a revision of a store's release runs.
func revisionOf(store *v1alpha1.Store, known engine.Engine, observed helmrelease.Observed) engine.Running {
	return known.NewRunning(observed.Values, versionOf(store, observed), v1alpha1.Plan(observed.Labels[labelPlan]))
}

// versionOf returns the engine's version that a release runs. Those of version 0.1.0 do not say it.
func versionOf(store *v1alpha1.Store, observed helmrelease.Observed) string {
	return cmp.Or(observed.Labels[labelVersion], store.Status.Version, observed.AppVersion)
}

// isLive reports whether people may have bought in a store. A release whose store has lost its status counts as well.
func isLive(status v1alpha1.StoreStatus, observed helmrelease.Observed) bool {
	if status.Receipt != nil || len(status.Timeline) == 0 && observed.Values != nil {
		return true
	}
	return slices.ContainsFunc(status.Timeline, func(entry v1alpha1.TimelineEntry) bool {
		return entry.Phase == v1alpha1.Selling && entry.EndedAt != nil
	})
}

// planRelease sets chart, labels and digests of the release.
func (r *Reconciler) planRelease(s *scope, running *engine.Running) error {
	recipe, observed := s.recipe, s.observed
	var err error
	if s.chart, err = r.chartOf(recipe.Engine); err != nil {
		return err
	}
	s.live = running != nil
	keep := s.live && running.Values != nil
	if keep && observed.Status == helmrelease.StatusDeployed && engine.SameValues(recipe.Values, observed.Values) {
		s.digest, s.software = observed.Digest, softwareOf(observed)
		return nil
	}
	if keep {
		if s.chart, err = observed.Chart(); err != nil {
			return err
		}
	}
	if s.digest, err = s.chart.Digest(recipe.Values); err != nil {
		return err
	}
	essence := recipe.Engine.Essence(recipe.Values)
	if keep && engine.SameValues(essence, recipe.Engine.Essence(observed.Values)) {
		s.software = softwareOf(observed)
		return nil
	}
	s.software, err = s.chart.Digest(essence)
	return err
}

// chartOf returns the platform's chart of an engine.
func (r *Reconciler) chartOf(one engine.Engine) (*helmrelease.Chart, error) {
	if chart := r.Charts[one.Name]; chart != nil {
		return chart, nil
	}
	return nil, fmt.Errorf("the chart of engine %s is %w on this platform", one.Name, catalog.ErrUnavailable)
}

// softwareOf returns what a receipt of a release is for. Releases of version 0.1.0 do not say it; their receipts are for all of it.
func softwareOf(observed helmrelease.Observed) string {
	return cmp.Or(observed.Labels[labelSoftware], observed.Digest)
}

// releaseLabels are the labels of the release's record.
func (s *scope) releaseLabels() map[string]string {
	labels := map[string]string{
		v1alpha1.LabelStore: s.store.Name,
		labelVersion:        s.recipe.Version,
		labelPlan:           string(s.recipe.Plan),
		labelSoftware:       s.software,
	}
	if !s.refresh.applies {
		return labels
	}
	labels[labelRefresh], labels[labelRefreshFrom] = markOf(s.refresh.last), strconv.Itoa(s.refresh.from)
	if s.refresh.stage == refreshGoesBack {
		labels[labelRefresh] += markBack
	}
	return labels
}

// quota returns the store's quota as it is, nil if there is none.
func (r *Reconciler) quota(ctx context.Context, namespace string) (*corev1.ResourceQuota, error) {
	var quota corev1.ResourceQuota
	err := r.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: tenant.QuotaName}, &quota)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read quota: %w", err)
	}
	return &quota, nil
}
