// Package thirdengine is an engine that the program does not have: a shop with one page and one product. It shows that an engine
// is one Go file, one chart, one image and one line of a test.
package thirdengine

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"net/url"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/shopper"
)

//go:embed all:chart
var content embed.FS

// Engine returns the engine.
func Engine() engine.Engine {
	chart, _ := fs.Sub(content, "chart") // It is embedded.
	plan := func(memory, memoryLimit string) engine.Size {
		return engine.Size{Containers: []engine.Container{
			{Component: "web", Name: "web", Rolls: true, Resources: engine.Resources{CPURequest: "5m", CPULimit: "500m", MemoryRequest: memory, MemoryLimit: memoryLimit}},
		}}
	}
	return engine.Engine{
		Name:        "poster",
		Title:       "Poster",
		Description: "One page that sells one poster, for tests.",
		Version:     "1.0.0",
		Chart:       chart,
		Images:      []engine.Image{{Role: "shop", Name: "poster"}},
		AdminPath:   "/orders",
		Components:  []engine.Component{{Name: "web", Title: "Web", RequiredForSale: true}},
		Frontend:    "web",
		Plans: map[v1alpha1.Plan]engine.Size{
			v1alpha1.PlanSmall: plan("8Mi", "32Mi"), v1alpha1.PlanMedium: plan("16Mi", "64Mi"), v1alpha1.PlanLarge: plan("32Mi", "128Mi"),
		},
		NewShop: func(client *shopper.Client, credentials map[string]string) shopper.Shop {
			return &shop{client, credentials[v1alpha1.KeyAdminEmail], credentials[v1alpha1.KeyAdminPassword]}
		},
	}
}

// shop is a running poster shop. Its JSON has the fields of the shopper's own types.
type shop struct {
	*shopper.Client
	email, password string
}

func (s *shop) Open(ctx context.Context) error {
	page, err := s.FirstPage(ctx)
	if err == nil && !bytes.Contains(page, []byte(`<link rel="canonical" href="`+s.Address()+`/">`)) {
		return errors.New("the first page belongs to another address")
	}
	return err
}

func (s *shop) SignIn(ctx context.Context) error {
	return s.admin(ctx, http.MethodGet, "/orders", &[]shopper.Order{})
}

func (s *shop) ChooseProduct(ctx context.Context) (chosen shopper.Product, err error) {
	return chosen, s.JSON(ctx, shopper.Request{Path: "/product"}, &chosen)
}

func (s *shop) FillCart(ctx context.Context, _ shopper.Product) (filled shopper.Cart, err error) {
	customer := map[string]any{"email": shopper.ProofEmail, "quantity": shopper.Quantity}
	return filled, s.JSON(ctx, shopper.Request{Method: http.MethodPost, Path: "/carts", Body: customer}, &filled)
}

func (s *shop) ChooseShipping(_ context.Context, filled shopper.Cart) (shopper.Cart, error) {
	return filled, nil
}

func (s *shop) ChoosePayment(context.Context, shopper.Cart) error { return nil }

func (s *shop) PlaceOrder(ctx context.Context, filled shopper.Cart) (id, number string, err error) {
	var placed shopper.Order
	err = s.JSON(ctx, shopper.Request{Method: http.MethodPost, Path: "/carts/" + filled.ID + "/order"}, &placed)
	return placed.ID, placed.Number, err
}

func (s *shop) Order(ctx context.Context, id string) (placed shopper.Order, err error) {
	return placed, s.admin(ctx, http.MethodGet, "/orders/"+id, &placed)
}

func (s *shop) Stock(ctx context.Context, _ shopper.Product) (int, error) {
	product, err := s.ChooseProduct(ctx)
	return product.Stock, err
}

func (s *shop) CleanUp(ctx context.Context) (removed shopper.Removed, err error) {
	return removed, s.admin(ctx, http.MethodDelete, "/orders?email="+url.QueryEscape(shopper.ProofEmail), &removed)
}

// admin sends a request as the administrator.
func (s *shop) admin(ctx context.Context, method, path string, out any) error {
	login := base64.StdEncoding.EncodeToString([]byte(s.email + ":" + s.password))
	return s.JSON(ctx, shopper.Request{Method: method, Path: path, Header: http.Header{"Authorization": {"Basic " + login}}}, out)
}
