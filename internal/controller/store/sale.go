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
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/shopper"
)

// reconcileSale has the prover buy in the store, once for each release. It does not wait for the proof: the prover triggers a pass
// when there is a result.
func (r *Reconciler) reconcileSale(ctx context.Context, s *scope) (outcome, error) {
	if hasSold(s) {
		r.prover.forget(s.store.UID)
		return sold(s.receipt), nil
	}
	// The receipt of a shop with customers stays until it is renewed: it says that there are customers.
	renewable := s.live && s.receipt != nil && s.recipe.KnowsMachine()
	if !renewable {
		s.receipt = nil
	}
	if !s.sellable || !s.outcomes[v1alpha1.Exposed].done() {
		r.prover.forget(s.store.UID)
		return outcome{}, nil
	}
	if renewable && !s.outcomes[v1alpha1.WorkloadsReady].done() {
		r.checker.forget(s.store.UID) // A check would only tell that the database starts again.
		return outcome{}, nil
	}
	if renewable {
		return r.renew(ctx, s)
	}
	target := s.visitFor(s.software)
	state := r.prover.state(target)
	switch {
	case state.result != nil:
		s.receipt = receiptOf(*state.result, s.software)
		return sold(s.receipt), nil
	case state.running:
		return proving(state), nil
	}
	if pause := state.pause(s.store, r.Clock.Now()); pause > 0 {
		return saleFailed(state.err, state.failures).requeue(pause), nil
	}
	shop, err := r.shop(ctx, s)
	if err != nil {
		return outcome{}, err
	}
	r.prover.start(target, shop)
	return proving(state), nil
}

// proving is the outcome while a proof runs: what the last one said, if it failed.
func proving(state visitState[shopper.Receipt]) outcome {
	if state.failures > 0 {
		return saleFailed(state.err, state.failures)
	}
	return waiting(v1alpha1.ReasonSelling, "The proof of sale is running")
}

// hasSold reports whether the receipt is that of the current release: of the same software, and not of an earlier release
// that has been uninstalled since.
func hasSold(s *scope) bool {
	return s.receipt != nil && s.receipt.Digest == s.software && s.receipt.SoldAt.After(s.observed.FirstDeployed)
}

func sold(receipt *v1alpha1.Receipt) outcome {
	return done(fmt.Sprintf("Order %s was placed and read back", receipt.OrderNumber))
}

// saleFailed names the step at which the last sale failed, and what the store answered.
func saleFailed(err error, failures int) outcome {
	sale := diagnose.Sale{Failures: failures}
	if step, ok := errors.AsType[*shopper.StepError](err); ok {
		sale.Step, sale.Status, sale.Answer = step.Step, step.Status, step.Answer
		sale.Number, sale.Of = shopper.StepNumber(step.Step)
		if step.Err != nil {
			sale.Detail = sentence(step.Err)
		}
	} else {
		sale.Detail = sentence(err)
	}
	return diagnosed(diagnose.FailedSale(sale))
}

// shop returns how to buy in the store. It reads the credentials from the API server; only the running proof keeps them.
func (r *Reconciler) shop(ctx context.Context, s *scope) (shopper.Target, error) {
	var secret corev1.Secret
	key := types.NamespacedName{Namespace: s.namespace(), Name: v1alpha1.CredentialsSecret}
	if err := r.Live.Get(ctx, key, &secret); err != nil {
		return shopper.Target{}, fmt.Errorf("read credentials: %w", err)
	}
	credentials := make(map[string]string, len(secret.Data))
	for key, value := range secret.Data {
		credentials[key] = string(value)
	}
	return shopper.Target{
		NewShop: s.recipe.Engine.NewShop, BaseURL: s.recipe.URL, DialAddress: r.GatewayAddress, Credentials: credentials,
	}, nil
}

// receiptOf converts a shopper's receipt to the API's.
func receiptOf(receipt shopper.Receipt, software string) *v1alpha1.Receipt {
	steps := make([]v1alpha1.ReceiptStep, 0, len(receipt.Steps))
	for _, step := range receipt.Steps {
		steps = append(steps, v1alpha1.ReceiptStep{Name: step.Name, Milliseconds: milliseconds(step.Duration)})
	}
	return &v1alpha1.Receipt{
		OrderNumber:  receipt.OrderNumber,
		SoldAt:       metav1.NewMicroTime(receipt.SoldAt),
		Digest:       software,
		Milliseconds: milliseconds(receipt.Duration),
		Steps:        steps,
	}
}

func milliseconds(duration time.Duration) int64 {
	return duration.Round(time.Millisecond).Milliseconds()
}
