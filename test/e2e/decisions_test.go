package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/shopper"
)

// TestOwnersDecisionsAreNamed has owners do what makes buying impossible although the shop works: a check names each of them, and calls none a
// failure.
func TestOwnersDecisionsAreNamed(t *testing.T) {
	slowChange(t)
	eachEngine(t, testOwnersDecisionsAreNamed)
}

func testOwnersDecisionsAreNamed(t *testing.T, p *platform, k kind) {
	const name = "decided"
	p.create(t, k.engine, name)
	_, owner := p.visitAsOwner(t, k.engine, name)
	target := p.machine(t, k.engine, name)
	if _, err := shopper.New(clock.RealClock{}).Check(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	for _, decision := range []struct {
		what string
		do   func(context.Context) error
		want error
	}{
		{"switches payment on delivery off", owner.takeNoPayment, shopper.ErrNoPayment},
		{"sells everything out", owner.sellOut, shopper.ErrSoldOut},
		{"deletes all products", owner.deleteProducts, shopper.ErrNoProducts},
	} {
		if err := decision.do(t.Context()); err != nil {
			t.Fatalf("the owner %s: %v", decision.what, err)
		}
		_, err := shopper.New(clock.RealClock{}).Check(t.Context(), target)
		if _, named := errors.AsType[*shopper.CannotCheckError](err); !named || !errors.Is(err, decision.want) {
			t.Errorf("after the owner %s, the check says %v", decision.what, err)
		}
	}
}

func (o *wooOwner) takeNoPayment(ctx context.Context) error {
	_, err := o.call(ctx, http.MethodPut, "/wp-json/wc/v3/payment_gateways/cod", map[string]bool{"enabled": false})
	return err
}

// productIDs returns those of the products that can be bought, variations left out.
func (o *wooOwner) productIDs(ctx context.Context) ([]int, error) {
	products, err := ask[[]struct{ ID int }](ctx, o.browser, http.MethodGet, "/wp-json/wc/v3/products?per_page=100", nil)
	ids := make([]int, len(products))
	for i, product := range products {
		ids[i] = product.ID
	}
	return ids, err
}

func (o *wooOwner) sellOut(ctx context.Context) error {
	ids, err := o.productIDs(ctx)
	for _, id := range ids {
		path := fmt.Sprintf("/wp-json/wc/v3/products/%d", id)
		variations, failed := ask[[]struct{ ID int }](ctx, o.browser, http.MethodGet, path+"/variations", nil)
		err = errors.Join(err, failed, o.empty(ctx, path))
		for _, variation := range variations {
			err = errors.Join(err, o.empty(ctx, fmt.Sprintf("%s/variations/%d", path, variation.ID)))
		}
	}
	return err
}

// empty leaves no piece of a product.
func (o *wooOwner) empty(ctx context.Context, path string) error {
	_, err := o.call(ctx, http.MethodPut, path, map[string]any{"manage_stock": true, "stock_quantity": 0})
	return err
}

func (o *wooOwner) deleteProducts(ctx context.Context) error {
	ids, err := o.productIDs(ctx)
	for _, id := range ids {
		if _, failed := o.call(ctx, http.MethodDelete, fmt.Sprintf("/wp-json/wc/v3/products/%d?force=true", id), nil); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}

func (o *medusaOwner) takeNoPayment(ctx context.Context) error {
	answer, err := ask[struct{ Regions []withID }](ctx, o.browser, http.MethodGet, "/admin/regions", nil)
	for _, region := range answer.Regions {
		if _, failed := o.call(ctx, http.MethodPost, "/admin/regions/"+region.ID, map[string]any{"payment_providers": []string{}}); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}

func (o *medusaOwner) sellOut(ctx context.Context) error {
	answer, err := ask[struct {
		Items []struct {
			ID     string
			Levels []struct {
				Location string `json:"location_id"`
			} `json:"location_levels"`
		} `json:"inventory_items"`
	}](ctx, o.browser, http.MethodGet, "/admin/inventory-items?limit=100&fields=id,*location_levels", nil)
	for _, item := range answer.Items {
		for _, level := range item.Levels {
			path := "/admin/inventory-items/" + item.ID + "/location-levels/" + level.Location
			if _, failed := o.call(ctx, http.MethodPost, path, map[string]int{"stocked_quantity": 0}); failed != nil {
				err = errors.Join(err, failed)
			}
		}
	}
	return err
}

func (o *medusaOwner) deleteProducts(ctx context.Context) error {
	answer, err := ask[struct{ Products []withID }](ctx, o.browser, http.MethodGet, "/admin/products?limit=100&fields=id", nil)
	for _, product := range answer.Products {
		if _, failed := o.call(ctx, http.MethodDelete, "/admin/products/"+product.ID, nil); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}
