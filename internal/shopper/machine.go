package shopper

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Machine is what a shop does for the platform alone, by routes that the machine's token opens. They are the same for every engine, but for
// the path that they are below.
type Machine struct {
	client *Client
	path   string
}

// Machine returns the routes below a path.
func (c *Client) Machine(path string) Machine { return Machine{client: c, path: path} }

// Order returns an order of a check, a *StepError with status 404 for every other one.
func (m Machine) Order(ctx context.Context, id string) (Order, error) {
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
	if err := m.ask(ctx, http.MethodGet, "/check/orders/"+url.PathEscape(id), nil, &answer); err != nil {
		return Order{}, err
	}
	kept := Order{ID: answer.ID, Number: answer.Number, Email: answer.Email, Currency: answer.Currency, Total: answer.Total}
	for _, item := range answer.Items {
		kept.Items = append(kept.Items, Item(item))
	}
	return kept, nil
}

// CleanUp removes all orders and carts of checks.
func (m Machine) CleanUp(ctx context.Context) (Removed, error) {
	var answer struct {
		Orders int `json:"orders"`
		Carts  int `json:"carts"`
	}
	err := m.ask(ctx, http.MethodDelete, "/check/orders", nil, &answer)
	return Removed{Orders: answer.Orders, Carts: answer.Carts}, err
}

// SetTitle changes the shop's title.
func (m Machine) SetTitle(ctx context.Context, title string) error {
	var answer struct {
		Title string `json:"title"`
	}
	if err := m.ask(ctx, http.MethodPut, "/title", map[string]string{"title": title}, &answer); err != nil {
		return err
	}
	if answer.Title != title {
		return fmt.Errorf("the shop has the title %q", answer.Title)
	}
	return nil
}

func (m Machine) ask(ctx context.Context, method, path string, body, out any) error {
	return m.client.JSON(ctx, Request{Method: method, Path: m.path + path, Body: body}, out)
}
