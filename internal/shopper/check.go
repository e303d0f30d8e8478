package shopper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// stepTitle is the name of the step that changes a shop's title.
const stepTitle = "Change the title"

// CannotCheckError says why a shop cannot be checked, although nothing is wrong with what it runs.
type CannotCheckError struct {
	// Err is the *StepError of the step that could not be done.
	Err error
	// Stranger tells that the shop does not know the platform, as opposed to what its owner has decided.
	Stranger bool
}

// Error returns the cause.
func (e *CannotCheckError) Error() string { return "cannot check: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *CannotCheckError) Unwrap() error { return e.Err }

// Checked is what a check has seen.
type Checked struct {
	// At is when the shop had confirmed the order, and Duration how long it took until nothing of it was left.
	At       time.Time
	Duration time.Duration
}

// Check buys in a shop that lives, beside its customers: what it orders has no number of theirs and takes no stock, no one is
// told, and it removes only what is its own. A shop takes one check at a time. An error is a *CannotCheckError if the shop's
// owner has it so that nothing can be bought, or if the shop knows none of the machine's tokens; else it is a *StepError.
func (s *Shopper) Check(ctx context.Context, t Target) (checked Checked, err error) {
	err = s.asMachine(t, func(p *proof) error {
		if checked, err = p.check(ctx); err != nil {
			after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
			defer cancel()
			_, _ = p.shop.CleanUp(after)
		}
		return err
	})
	return checked, err
}

// SetTitle changes the title of a shop that lives. Errors are those of Check.
func (s *Shopper) SetTitle(ctx context.Context, t Target, title string) error {
	return s.asMachine(t, func(p *proof) error {
		titled, ok := p.shop.(Titled)
		if !ok {
			return &CannotCheckError{Err: &StepError{Step: stepTitle, Err: errors.New("shops of this engine keep the title that they were made with")}}
		}
		return p.step(ctx, stepTitle, func(ctx context.Context) error { return titled.SetTitle(ctx, title) })
	})
}

// asMachine does something in a shop with the first token that it knows.
func (s *Shopper) asMachine(t Target, work func(*proof) error) error {
	err := error(&StepError{Step: stepFind, Status: http.StatusUnauthorized, Err: errors.New("the shop was made before shops knew the platform")})
	for _, token := range t.Tokens {
		var p *proof
		if p, err = s.enter(t, token); err != nil {
			return err
		}
		err = work(p)
		p.close()
		if !stranger(err) {
			break
		}
	}
	return classify(err)
}

// stranger reports whether the shop does not know the platform: it knows another token, or has no such routes. What a customer may not do
// is not meant.
func stranger(err error) bool {
	refused, ok := errors.AsType[*StepError](err)
	return ok && slices.Contains([]string{stepFind, StepLeftovers, stepTitle}, refused.Step) &&
		slices.Contains([]int{http.StatusUnauthorized, http.StatusNotFound}, refused.Status)
}

// classify tells what a shop's owner has decided from what is broken.
func classify(err error) error {
	if _, known := errors.AsType[*CannotCheckError](err); err == nil || known {
		return err
	}
	decided := slices.ContainsFunc([]error{ErrNoProducts, ErrSoldOut, ErrNoShipping, ErrNoPayment}, func(why error) bool { return errors.Is(err, why) })
	if decided || stranger(err) {
		return &CannotCheckError{Err: err, Stranger: !decided}
	}
	return err
}

// check does the whole check.
func (p *proof) check(ctx context.Context) (Checked, error) {
	if err := p.step(ctx, StepOpen, p.shop.Open); err != nil {
		return Checked{}, err
	}
	cleanUp := func(ctx context.Context) error { _, err := p.shop.CleanUp(ctx); return err }
	if err := p.step(ctx, StepLeftovers, cleanUp); err != nil {
		return Checked{}, err
	}
	var chosen Product
	choose := func(ctx context.Context) (err error) { chosen, err = p.shop.ChooseProduct(ctx); return err }
	if err := p.step(ctx, StepProducts, choose); err != nil {
		return Checked{}, err
	}
	placed, err := p.order(ctx, chosen)
	if err != nil {
		return Checked{}, err
	}
	err = p.step(ctx, StepReadBack, func(ctx context.Context) error {
		kept, err := p.shop.Order(ctx, placed.ID)
		if err != nil {
			return err
		}
		return kept.Check(placed)
	})
	if err != nil {
		return Checked{}, err
	}
	at := p.clock.Now()
	err = p.step(ctx, StepCleanUp, func(ctx context.Context) error {
		gone, err := p.shop.CleanUp(ctx)
		if err == nil && gone.Orders != 1 {
			return fmt.Errorf("the store removed %d orders of the check, not one", gone.Orders)
		}
		return err
	})
	if err != nil {
		return Checked{}, err
	}
	err = p.step(ctx, StepNothing, func(ctx context.Context) error { return p.expectNoOrder(ctx, placed.ID) })
	return Checked{At: at, Duration: p.clock.Since(p.start)}, err
}
