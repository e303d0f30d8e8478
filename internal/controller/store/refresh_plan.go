package store

import (
	"context"
	"errors"

	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// planRefresh computes what a store should be while a refresh is under way, and reports whether it did: where there is nothing to refresh, or
// it cannot be done, the refresh has ended.
func (r *Reconciler) planRefresh(ctx context.Context, s *scope, running *engine.Running) (planned bool, err error) {
	if s.refresh.stage == refreshNone {
		return false, nil
	}
	if running == nil || running.Values == nil {
		if running == nil {
			s.refresh.end(s.now, "") // It gets what is new anyway.
		}
		return false, nil
	}
	switch s.refresh.stage {
	case refreshStarts:
		planned, err = r.planToday(ctx, s, running)
	case refreshRuns:
		planned, err = true, r.planRefreshed(ctx, s, running)
	case refreshGoesBack:
		planned, err = r.planBack(ctx, s)
	}
	s.refresh.applies = planned
	if planned && running.Asks(s.store) {
		s.after.changing = "The change waits until the store is refreshed"
	}
	return planned, err
}

// planRefreshed computes what the store is since its refresh has changed it.
func (r *Reconciler) planRefreshed(ctx context.Context, s *scope, running *engine.Running) (err error) {
	if s.recipe, err = r.Engines.Held(s.store, running); err != nil {
		return err
	}
	before, err := r.Helm.Revision(ctx, namespaceOf(s.store), s.store.Name, s.refresh.from)
	if err != nil {
		return err
	}
	s.beside(before.Values)
	return r.planRelease(s, running)
}

// beside notes the values that pods of the other side of a refresh run with.
func (s *scope) beside(values map[string]any) {
	size := s.recipe.Engine.SizeOf(values, s.recipe.Size)
	s.other = &size
}

// planToday computes what the store should be with what the platform brings today.
func (r *Reconciler) planToday(ctx context.Context, s *scope, running *engine.Running) (planned bool, err error) {
	if s.observed.Status != helmrelease.StatusDeployed { // Only a whole release can be gone back to.
		if release := s.store.Status.Release; release != nil && release.Failures >= maxRefreshAttempts {
			s.refresh.end(s.now, "The release before it cannot be applied; fix that first")
		}
		return false, nil
	}
	recipe, chart, digest, err := r.today(s, running)
	switch {
	case errors.Is(err, catalog.ErrUnavailable):
		s.refresh.end(s.now, sentence(err))
		return false, nil
	case err != nil:
		return false, err
	}
	if digest == s.observed.Digest {
		s.refresh.end(s.now, "")
		return false, nil
	}
	short := r.checkCapacity(ctx, namespaceOf(s.store), recipe.Size)
	if refused, isRefusal := errors.AsType[*refusal](short); isRefusal {
		s.refresh.end(s.now, sentence(refused))
		return false, nil
	}
	if short != nil {
		return false, short
	}
	s.recipe, s.chart, s.digest, s.live = recipe, chart, digest, true
	s.beside(running.Values)
	s.refresh.from = s.observed.Revision
	s.software, err = chart.Digest(recipe.Engine.Essence(recipe.Values))
	return true, err
}

// today returns recipe, chart and digest of a store that sells, with what the platform brings today.
func (r *Reconciler) today(s *scope, running *engine.Running) (recipe engine.Recipe, chart *helmrelease.Chart, digest string, err error) {
	if recipe, err = r.Engines.Refreshed(s.store, running); err != nil {
		return recipe, nil, "", err
	}
	if chart, err = r.chartOf(recipe.Engine); err != nil {
		return recipe, nil, "", err
	}
	digest, err = chart.Digest(recipe.Values)
	return recipe, chart, digest, err
}

// planBack computes what the store was before its refresh.
func (r *Reconciler) planBack(ctx context.Context, s *scope) (planned bool, err error) {
	before := s.observed
	if s.refresh.made(s.observed) {
		if before, err = r.Helm.Revision(ctx, namespaceOf(s.store), s.store.Name, s.refresh.from); err != nil {
			return false, err
		}
	}
	if before.Status == helmrelease.StatusAbsent {
		s.refresh.end(s.now, s.refresh.last.Failure+". What it ran before is gone from Helm's records, so it did not go back")
		return false, nil
	}
	known, _ := engine.Find(r.Engines.Known, s.store.Spec.Engine)
	was, err := r.grown(ctx, s, revisionOf(s.store, known, before))
	if err != nil {
		return false, err
	}
	if s.recipe, err = r.Engines.Held(s.store, was); err != nil {
		return false, err
	}
	if s.chart, err = before.Chart(); err != nil {
		return false, err
	}
	s.live, s.software = true, softwareOf(before)
	s.beside(s.observed.Values)
	s.digest, err = s.chart.Digest(s.recipe.Values)
	return true, err
}

// noteToday notes whether a store that sells runs what the platform brings today.
func (r *Reconciler) noteToday(s *scope, running *engine.Running) error {
	if running == nil || running.Values == nil || s.observed.Status != helmrelease.StatusDeployed {
		return nil
	}
	_, _, digest, err := r.today(s, running)
	if errors.Is(err, catalog.ErrUnavailable) {
		s.refresh.notOffered = err
		return nil
	}
	s.refresh.outdated = err == nil && digest != s.observed.Digest
	return err
}
