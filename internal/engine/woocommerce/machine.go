package woocommerce

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"shopflow.dev/shopflow/internal/shopper"
)

// outOfStock is in the codes of all refusals of a product that has just been sold out.
const outOfStock = "_out_of_stock"

var _ shopper.Titled = (*shop)(nil)

// machinePath is what the routes for the platform are below.
const machinePath = "/wp-json/shopflow/v1"

// SetTitle changes the shop's title.
func (w *shop) SetTitle(ctx context.Context, title string) error {
	return w.Machine(machinePath).SetTitle(ctx, title)
}

// soldOut tells a product that customers have bought up during a check from a shop that sells nothing.
func (w *shop) soldOut(err error) error {
	if refused, ok := errors.AsType[*shopper.StepError](err); ok && w.Checks() && strings.Contains(refused.Answer, outOfStock) {
		return fmt.Errorf("%w: customers have bought the last piece meanwhile", shopper.ErrSoldOut)
	}
	return err
}
