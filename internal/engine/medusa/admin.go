package medusa

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

// manualPayment is Medusa's built-in payment provider: the customer pays later.
const manualPayment = "pp_system_default"

// machinePath is what the routes for the platform are below.
const machinePath = "/shopflow"

// shop is a running Medusa store, for the proof of sale and for checks.
type shop struct {
	*shopper.Client
	email, password string
	// publishableKey is the one that the storefront has to use, token the administrator's.
	publishableKey, token string
	region                region
}

func newShop(client *shopper.Client, credentials map[string]string) shopper.Shop {
	return &shop{
		Client: client, email: credentials[v1alpha1.KeyAdminEmail], password: credentials[v1alpha1.KeyAdminPassword],
		publishableKey: credentials[v1alpha1.KeyPublishableKey],
	}
}

type orderAnswer struct {
	ID        string       `json:"id"`
	DisplayID int          `json:"display_id"`
	Email     string       `json:"email"`
	Currency  string       `json:"currency_code"`
	Total     float64      `json:"total"`
	Items     []itemAnswer `json:"items"`
}

func (o orderAnswer) order() shopper.Order {
	return shopper.Order{
		ID: o.ID, Number: strconv.Itoa(o.DisplayID), Email: o.Email, Currency: o.Currency, Total: o.Total, Items: itemsOf(o.Items),
	}
}

// removedAnswer counts what the store removed of proofs.
type removedAnswer struct {
	Orders       int `json:"orders"`
	Carts        int `json:"carts"`
	Customers    int `json:"customers"`
	Reservations int `json:"reservations"`
}

// SignIn gets the administrator's token. A check needs none.
func (m *shop) SignIn(ctx context.Context) error {
	if m.Checks() {
		return nil
	}
	var answer struct {
		Token string `json:"token"`
	}
	login := map[string]string{"email": m.email, "password": m.password}
	if err := m.JSON(ctx, shopper.Request{Method: http.MethodPost, Path: "/auth/user/emailpass", Body: login}, &answer); err != nil {
		return err
	}
	if answer.Token == "" {
		return errors.New("the store returned no token")
	}
	m.Redact(answer.Token)
	m.token = answer.Token
	return nil
}

// admin sends a request to the Admin API.
func (m *shop) admin(ctx context.Context, method, path string, out any) error {
	header := http.Header{"Authorization": {"Bearer " + m.token}}
	return m.JSON(ctx, shopper.Request{Method: method, Path: "/admin" + path, Header: header}, out)
}

func (m *shop) Order(ctx context.Context, id string) (shopper.Order, error) {
	if m.Checks() {
		return m.Machine(machinePath).Order(ctx, id)
	}
	var answer struct {
		Order orderAnswer `json:"order"`
	}
	fields := url.QueryEscape("id,display_id,email,currency_code,total,*items")
	err := m.admin(ctx, http.MethodGet, "/orders/"+url.PathEscape(id)+"?fields="+fields, &answer)
	return answer.Order.order(), err
}

func (m *shop) CleanUp(ctx context.Context) (shopper.Removed, error) {
	if m.Checks() {
		return m.Machine(machinePath).CleanUp(ctx)
	}
	var answer removedAnswer
	err := m.admin(ctx, http.MethodDelete, "/shopflow/proof-orders", &answer)
	return shopper.Removed{Orders: answer.Orders, Carts: answer.Carts, Stock: answer.Reservations}, err
}

// SetTitle changes the shop's title.
func (m *shop) SetTitle(ctx context.Context, title string) error {
	return m.Machine(machinePath).SetTitle(ctx, title)
}
