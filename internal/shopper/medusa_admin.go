package shopper

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// payOnDelivery is Medusa's built-in way to pay later.
const payOnDelivery = "pp_system_default"

// medusa is a visit to a Medusa store.
type medusa struct {
	*visit
	email, password string
	// key is the one that the storefront has to use.
	key    string
	token  string
	region medusaRegion
}

func newMedusa(v *visit, credentials map[string]string) shop {
	return &medusa{
		visit: v, email: credentials[v1alpha1.KeyAdminEmail], password: credentials[v1alpha1.KeyAdminPassword],
		key: credentials[v1alpha1.KeyPublishableKey],
	}
}

type medusaOrder struct {
	ID        string       `json:"id"`
	DisplayID int          `json:"display_id"`
	Email     string       `json:"email"`
	Currency  string       `json:"currency_code"`
	Total     float64      `json:"total"`
	Items     []medusaItem `json:"items"`
}

func (o medusaOrder) plain() order {
	return order{
		id: o.ID, number: strconv.Itoa(o.DisplayID), email: o.Email, currency: o.Currency, total: o.Total, items: plainItems(o.Items),
	}
}

// medusaRemoved counts what the store removed of proofs.
type medusaRemoved struct {
	Orders       int `json:"orders"`
	Carts        int `json:"carts"`
	Customers    int `json:"customers"`
	Reservations int `json:"reservations"`
}

// signIn gets the administrator's token.
func (m *medusa) signIn(ctx context.Context) error {
	var answer struct {
		Token string `json:"token"`
	}
	login := map[string]string{"email": m.email, "password": m.password}
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

func (m *medusa) order(ctx context.Context, id string) (order, error) {
	var answer struct {
		Order medusaOrder `json:"order"`
	}
	fields := url.QueryEscape("id,display_id,email,currency_code,total,*items")
	err := m.admin(ctx, http.MethodGet, "/orders/"+url.PathEscape(id)+"?fields="+fields, &answer)
	return answer.Order.plain(), err
}

func (m *medusa) putBack(ctx context.Context) (removed, error) {
	var answer medusaRemoved
	err := m.admin(ctx, http.MethodDelete, "/shopflow/proof-orders", &answer)
	return removed{orders: answer.Orders, carts: answer.Carts, stock: answer.Reservations}, err
}
