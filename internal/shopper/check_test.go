package shopper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestClassify tells what an owner has decided, and a shop that does not know the platform, from what is broken.
func TestClassify(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		cannot bool
	}{
		"SoldOut":           {&StepError{Step: StepProducts, Err: ErrSoldOut}, true},
		"NoPayment":         {&StepError{Step: StepPayment, Err: fmt.Errorf("%w, but bacs", ErrNoPayment)}, true},
		"UnknownToken":      {&StepError{Step: StepLeftovers, Status: http.StatusUnauthorized}, true},
		"NoSuchRoute":       {&StepError{Step: StepLeftovers, Status: http.StatusNotFound}, true},
		"NoTitleRoute":      {&StepError{Step: stepTitle, Status: http.StatusNotFound}, true},
		"CustomerSignsIn":   {&StepError{Step: StepOrder, Status: http.StatusUnauthorized}, false},
		"OrderIsNotFound":   {&StepError{Step: StepReadBack, Status: http.StatusNotFound}, false},
		"CheckoutIsBroken":  {&StepError{Step: StepOrder, Status: http.StatusInternalServerError}, false},
		"NoAnswer":          {&StepError{Step: StepOpen, Err: context.DeadlineExceeded}, false},
		"AlreadyClassified": {&CannotCheckError{Err: errors.New("x")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if _, cannot := errors.AsType[*CannotCheckError](classify(test.err)); cannot != test.cannot {
				t.Errorf("cannot be checked is %v, want %v", cannot, test.cannot)
			}
		})
	}
	if classify(nil) != nil {
		t.Error("no error has become one")
	}
}

// TestShorten keeps what a hostile shop writes into errors from growing, and from repeating secrets.
func TestShorten(t *testing.T) {
	const token = "machineTokenOf43Letters"
	if err := shorten(fmt.Errorf("the cart is %w", ErrSoldOut), []string{token}); !errors.Is(err, ErrSoldOut) {
		t.Errorf("an ordinary error was cut: %v", err)
	}
	long := shorten(errors.New("the title is "+strings.Repeat("x", 4<<20)), nil)
	if len(long.Error()) > 4*maxSummary {
		t.Errorf("a long error has %d bytes", len(long.Error()))
	}
	if err := shorten(errors.New("the title is "+token), []string{token}); strings.Contains(err.Error(), token) {
		t.Errorf("the token is in %q", err)
	}
	if shorten(nil, nil) != nil {
		t.Error("no error has become one")
	}
}
