// Package shopper makes the proof of sale: it buys in a store over HTTP through the store's public address, as a customer
// would, reads the order back as the store's administrator, and puts order and stock back as they were.
//
// The proof is the same for every engine and lives in proof. How a shop is asked is in the engine's own files, and the
// connection, the clock and the errors are in visit.
package shopper

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Target is a store to buy in.
type Target struct {
	Engine v1alpha1.Engine
	// BaseURL is the store's public address.
	BaseURL string
	// DialAddress is a host:port to connect to instead of the one in BaseURL, if it is set. The store's name stays in
	// the request.
	DialAddress string
	// Credentials are those of the store's Secret, by its keys. No value of them comes up in an error but the e-mail.
	Credentials map[string]string
}

// Step is one thing that the shopper did.
type Step struct {
	Name     string
	Duration time.Duration
}

// Receipt is the proof that a store has sold something.
type Receipt struct {
	// OrderNumber is the number that the store gave to the order.
	OrderNumber string
	// SoldAt is when the administrator had read the order back, and Duration how long it took until then.
	SoldAt   time.Time
	Duration time.Duration
	// Steps are in the order in which a reader expects them. Some ran side by side.
	Steps []Step
}

// StepError says at which step a sale failed.
type StepError struct {
	Step string
	// Status is the HTTP status of the store's answer, and Answer what it said: up to 200 characters without secrets. They
	// are zero if the store did not answer, or if it answered well and something untrue.
	Status int
	Answer string
	Err    error
}

// Error returns all that is known, in one line.
func (e *StepError) Error() string {
	text := fmt.Sprintf("%q failed", e.Step)
	if e.Status != 0 {
		text += fmt.Sprintf(" with status %d", e.Status)
	}
	if detail := cmp.Or(e.Answer, errorText(e.Err)); detail != "" {
		text += ": " + detail
	}
	return text
}

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Shopper buys in stores. It is safe for concurrent use.
type Shopper struct {
	clock clock.PassiveClock
}

// New returns a Shopper.
func New(clock clock.PassiveClock) *Shopper { return &Shopper{clock: clock} }

// Buy buys, reads the order back as administrator, and puts order and stock back. An error is a *StepError. The store is
// left as it was even then, if it lets itself be; what is left over nevertheless, the next Buy removes.
func (s *Shopper) Buy(ctx context.Context, t Target) (Receipt, error) {
	v, err := s.visit(t)
	if err != nil {
		return Receipt{}, &StepError{Step: "Find the shop", Err: err}
	}
	defer v.leave()
	newShop, ok := map[v1alpha1.Engine]func(*visit, map[string]string) shop{
		v1alpha1.EngineMedusa:      newMedusa,
		v1alpha1.EngineWooCommerce: newWooCommerce,
	}[t.Engine]
	if !ok {
		return Receipt{}, &StepError{Step: "Find the shop", Err: fmt.Errorf("nobody knows how to buy from %q", t.Engine)}
	}
	return (&proof{visit: v, shop: newShop(v, t.Credentials)}).buy(ctx)
}
