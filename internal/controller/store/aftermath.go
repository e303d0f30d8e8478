package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

// failedChecks is after how many failures in a row a check has failed: right after a change, one may have met a pod that was going.
const failedChecks = 3

// failedChecks is after how many failures in a row a check has failed. During a refresh it is more, eight seconds at least, because a store
// goes back by it.
func (s *scope) failedChecks() int {
	if s.refresh.applies {
		return 2 * failedChecks
	}
	return failedChecks
}

// aftermath is what is known of a shop that sells after its release was changed: it gets its title, and is checked.
type aftermath struct {
	title string
	check *v1alpha1.Check
	// changing says what of the change is not made yet, and failed why the check has failed; empty where there is nothing to say.
	changing, failed string
	// checking tells that a check is due or runs.
	checking bool
	// again is when to look again, zero for never.
	again time.Duration
}

// finishChange gives a shop that sells the title that it is to have, and then checks that it still sells. It waits for neither. A
// check that fails changes nothing: the store says so, and it is repeated.
func (r *Reconciler) finishChange(ctx context.Context, s *scope) error {
	if !s.outcomes[v1alpha1.Selling].done() {
		return nil
	}
	if err := r.noteGrowth(ctx, s); err != nil {
		return err
	}
	want := s.recipe.Title()
	if s.after.title == "" && (s.observed.Revision == 1 || !s.recipe.KnowsMachine()) {
		s.after.title = want // The database took it over when it was made.
	}
	if s.after.check == nil {
		// The proof of sale has just shown it, or an older platform had no checks.
		s.after.check = &v1alpha1.Check{Digest: s.digest, Revision: s.observed.Revision, At: s.receipt.SoldAt}
	}
	visit := s.visitFor(s.digest)
	switch {
	case !s.recipe.KnowsMachine():
		if !s.isChecked() {
			s.after.check = impossibleCheck(s, "the store was made before stores could be checked")
		}
		return nil
	case s.after.title == want && s.isChecked():
		r.checker.forget(s.store.UID)
		return nil
	case s.after.title != want:
		visit.title, s.after.changing = want, "The title is being changed"
	}
	s.after.checking = true
	if visit.title == "" && !s.outcomes[v1alpha1.WorkloadsReady].done() {
		r.checker.forget(s.store.UID) // A check would only tell that the database starts again.
		return nil
	}
	if !s.sellable {
		return nil
	}
	return r.visitAfter(ctx, s, visit)
}

// impossibleCheck says why the release as it is cannot be checked.
func impossibleCheck(s *scope, why string) *v1alpha1.Check {
	return &v1alpha1.Check{Digest: s.digest, Revision: s.observed.Revision, At: metav1.NewMicroTime(s.now), Impossible: why}
}

// isChecked reports whether the last check was of the release as it is.
func (s *scope) isChecked() bool {
	check := s.after.check
	return check != nil && check.Digest == s.digest && check.Revision == s.observed.Revision
}

// visitAfter notes what is known of a visit that changes the title or checks the shop, and starts it if it is due.
func (r *Reconciler) visitAfter(ctx context.Context, s *scope, visit target) error {
	state := r.checker.state(visit)
	cannot, impossible := errors.AsType[*shopper.CannotCheckError](state.err)
	switch {
	case state.result != nil && visit.title != "":
		s.after.title, s.after.changing = visit.title, ""
		s.after.again = conflictDelay // The check is next.
		return nil
	case state.result != nil:
		s.after.checking = false
		s.after.check = checkOf(*state.result, s)
		return nil
	case impossible && visit.title == "" && !s.mustKnow(cannot):
		s.after.checking = false
		s.after.check = impossibleCheck(s, sentence(cannot.Err))
		return nil
	case state.failures > 0 && visit.title != "":
		s.after.changing += "; the last attempt failed: " + sentence(state.err)
	case state.failures >= s.failedChecks():
		s.after.failed = sentence(state.err)
	}
	s.after.again = state.pause(s.store, r.Clock.Now())
	if state.running || s.after.again > 0 {
		return nil
	}
	return r.startVisit(ctx, s, visit)
}

// startVisit has the checker visit the shop with the machine's tokens.
func (r *Reconciler) startVisit(ctx context.Context, s *scope, visit target) error {
	shop, err := r.shop(ctx, s)
	if err != nil {
		return err
	}
	if shop.Tokens, err = r.tokens(ctx, s.namespace()); err != nil {
		return err
	}
	r.checker.start(visit, shop)
	return nil
}

func checkOf(checked shopper.Checked, s *scope) *v1alpha1.Check {
	return &v1alpha1.Check{
		Digest: s.digest, Revision: s.observed.Revision, At: metav1.NewMicroTime(checked.At), Milliseconds: milliseconds(checked.Duration),
	}
}

// tokens returns those of the store's machine, the newest first.
func (r *Reconciler) tokens(ctx context.Context, namespace string) ([]string, error) {
	var secret corev1.Secret
	if err := r.Live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: v1alpha1.MachineSecret}, &secret); err != nil {
		return nil, fmt.Errorf("read the machine's token: %w", err)
	}
	var tokens []string
	for _, key := range []string{v1alpha1.KeyToken, v1alpha1.KeyPreviousToken} {
		if token := string(secret.Data[key]); token != "" {
			tokens = append(tokens, token)
		}
	}
	return tokens, nil
}

// setAftermath writes what is known after a change to the status.
func setAftermath(status *v1alpha1.StoreStatus, s *scope) {
	status.Title, status.Check = s.after.title, s.after.check
	set := func(value metav1.ConditionStatus, reason, message string) {
		setCondition(status, s.store.Generation, v1alpha1.Checked, value, reason, message)
	}
	switch check := s.after.check; {
	case check == nil:
	case s.after.failed != "":
		set(metav1.ConditionFalse, v1alpha1.ReasonCheckFailed, s.after.failed)
	case s.after.checking || s.digest != "" && !s.isChecked():
		set(metav1.ConditionUnknown, v1alpha1.ReasonChecking, "The shop is checked after its change")
	case check.Impossible != "":
		set(metav1.ConditionUnknown, v1alpha1.ReasonCannotCheck, check.Impossible)
	default:
		set(metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "The shop sold after its last change")
	}
}
