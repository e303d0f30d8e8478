package woocommerce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"shopflow.dev/shopflow/internal/shopper"
)

// outOfStock is in the codes of all refusals of a product that has just been sold out.
const outOfStock = "_out_of_stock"

var _ shopper.Titled = (*shop)(nil)

// machine sends a request to what the shop does for the platform alone. All requests of a check have the token that it asks for.
func (w *shop) machine(ctx context.Context, method, path string, body, out any) error {
	return w.JSON(ctx, shopper.Request{Method: method, Path: "/wp-json/shopflow/v1" + path, Body: body}, out)
}

func (w *shop) checkedOrder(ctx context.Context, id string) (shopper.Order, error) {
	var answer struct {
		ID       string  `json:"id"`
		Number   string  `json:"number"`
		Email    string  `json:"email"`
		Currency string  `json:"currency"`
		Total    float64 `json:"total"`
		Items    []struct {
			Product  string  `json:"product"`
			Quantity float64 `json:"quantity"`
		} `json:"items"`
	}
	if err := w.machine(ctx, http.MethodGet, "/check/orders/"+url.PathEscape(id), nil, &answer); err != nil {
		return shopper.Order{}, err
	}
	kept := shopper.Order{ID: answer.ID, Number: answer.Number, Email: answer.Email, Currency: answer.Currency, Total: answer.Total}
	for _, item := range answer.Items {
		kept.Items = append(kept.Items, shopper.Item(item))
	}
	return kept, nil
}

func (w *shop) removeChecked(ctx context.Context) (shopper.Removed, error) {
	var answer struct {
		Orders int `json:"orders"`
		Carts  int `json:"carts"`
	}
	err := w.machine(ctx, http.MethodDelete, "/check/orders", nil, &answer)
	return shopper.Removed{Orders: answer.Orders, Carts: answer.Carts}, err
}

// SetTitle changes the shop's title.
func (w *shop) SetTitle(ctx context.Context, title string) error {
	var answer struct {
		Title string `json:"title"`
	}
	if err := w.machine(ctx, http.MethodPut, "/title", map[string]string{"title": title}, &answer); err != nil {
		return err
	}
	if answer.Title != title {
		return fmt.Errorf("the shop has the title %q", answer.Title)
	}
	return nil
}

// soldOut tells a product that customers have bought up during a check from a shop that sells nothing.
func (w *shop) soldOut(err error) error {
	if refused, ok := errors.AsType[*shopper.StepError](err); ok && w.Checks() && strings.Contains(refused.Answer, outOfStock) {
		return fmt.Errorf("%w: customers have bought the last piece meanwhile", shopper.ErrSoldOut)
	}
	return err
}
