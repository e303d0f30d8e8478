package shopper

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
)

// smallestCoin is less than the smallest coin of any currency.
const smallestCoin = 0.0005

type medusaOrder struct {
	ID        string       `json:"id"`
	DisplayID int          `json:"display_id"`
	Email     string       `json:"email"`
	Currency  string       `json:"currency_code"`
	Total     float64      `json:"total"`
	Items     []medusaItem `json:"items"`
}

// medusaRemoved counts what the store removed of a proof.
type medusaRemoved struct {
	Orders       int `json:"orders"`
	Carts        int `json:"carts"`
	Customers    int `json:"customers"`
	Reservations int `json:"reservations"`
}

// sameAs returns an error that names the first difference of an order to the one that it should be.
func (o medusaOrder) sameAs(wanted medusaOrder) error {
	switch {
	case o.ID != wanted.ID || o.DisplayID != wanted.DisplayID:
		return fmt.Errorf("the order is number %d, not %d", o.DisplayID, wanted.DisplayID)
	case o.Email != wanted.Email:
		return errors.New("the order is another customer's")
	case o.Currency != wanted.Currency || !sameMoney(o.Total, wanted.Total):
		return fmt.Errorf("the order is worth %v %s, not %v %s", o.Total, o.Currency, wanted.Total, wanted.Currency)
	case !(o.Total > 0):
		return errors.New("the order is worth nothing")
	case !slices.Equal(o.Items, wanted.Items):
		return fmt.Errorf("the order is for %v, not %v", o.Items, wanted.Items)
	}
	return nil
}

func sameMoney(a, b float64) bool { return math.Abs(a-b) < smallestCoin }

// signIn gets the administrator's token with the credentials that the owner gets.
func (m *medusa) signIn(ctx context.Context) error {
	var answer struct {
		Token string `json:"token"`
	}
	login := map[string]string{"email": m.target.AdminEmail, "password": m.target.AdminPassword}
	if err := m.ask(ctx, request{method: http.MethodPost, path: "/auth/user/emailpass", body: login}, &answer); err != nil {
		return err
	}
	if answer.Token == "" {
		return errors.New("the store gave no token")
	}
	m.keepSecret(answer.Token)
	m.token = answer.Token
	return nil
}

// admin makes a request of the administration's API.
func (m *medusa) admin(ctx context.Context, method, path string, out any) error {
	header := http.Header{"Authorization": {"Bearer " + m.token}}
	return m.ask(ctx, request{method: method, path: "/admin" + path, header: header}, out)
}

// order returns an order as the administrator sees it.
func (m *medusa) order(ctx context.Context, id string) (medusaOrder, error) {
	var answer struct {
		Order medusaOrder `json:"order"`
	}
	fields := url.QueryEscape("id,display_id,email,currency_code,total,*items")
	err := m.admin(ctx, http.MethodGet, "/orders/"+url.PathEscape(id)+"?fields="+fields, &answer)
	return answer.Order, err
}

// putBack removes whatever proofs have left in the store, and puts its stock back.
func (m *medusa) putBack(ctx context.Context) (medusaRemoved, error) {
	var removed medusaRemoved
	err := m.admin(ctx, http.MethodDelete, "/shopflow/proof-orders", &removed)
	return removed, err
}

// expectNoOrder checks that the administrator cannot find an order.
func (m *medusa) expectNoOrder(ctx context.Context, id string) error {
	_, err := m.order(ctx, id)
	var failed *StepError
	switch {
	case err == nil:
		return errors.New("the order is still there")
	case errors.As(err, &failed) && failed.Status == http.StatusNotFound:
		return nil
	default:
		return err
	}
}
