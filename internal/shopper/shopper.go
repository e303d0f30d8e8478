// Package shopper proves that a store sells: it buys over HTTP through the store's public address, as a customer would, reads
// the order back as the store's administrator, then removes the order and restores the stock.
//
// The proof is the same for every engine. How to buy in the shops of one engine is the engine's own Shop, built on a Client.
package shopper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"
)

// Target is a store to buy in.
type Target struct {
	// NewShop is the engine's way to buy. It gets the HTTP client of this proof, and Credentials.
	NewShop func(client *Client, credentials map[string]string) Shop
	// BaseURL is the store's public address.
	BaseURL string
	// DialAddress is a host:port to connect to instead of the one in BaseURL, if it is set. The store's name stays in
	// the request.
	DialAddress string
	// Credentials are those of the store's Secret, by its keys. No value of them is in an error but the e-mail.
	Credentials map[string]string
	// Tokens are those by which the shop knows the platform, the newest first, for what is done to a shop that lives. One that is new
	// may not have reached the shop yet. No error has any of them.
	Tokens []string
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
	// are zero if the store did not answer, or if it answered with success but wrongly.
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

// Buy buys, reads the order back as administrator, removes it and restores the stock. An error is a *StepError. Buy cleans up
// even then, as far as the store allows; the next Buy removes what is left all the same.
func (s *Shopper) Buy(ctx context.Context, t Target) (Receipt, error) {
	proof, err := s.enter(t, "")
	if err != nil {
		return Receipt{}, err
	}
	defer proof.close()
	return proof.run(ctx)
}

// enter finds the way into a shop, with the machine's token unless that is empty. The caller closes it.
func (s *Shopper) enter(t Target, machine string) (*proof, error) {
	if t.NewShop == nil {
		return nil, &StepError{Step: stepFind, Err: errors.New("the engine does not say how to buy")}
	}
	client, err := newClient(s.clock, t, machine)
	if err != nil {
		return nil, &StepError{Step: stepFind, Err: err}
	}
	return &proof{Client: client, shop: t.NewShop(client, t.Credentials)}, nil
}
