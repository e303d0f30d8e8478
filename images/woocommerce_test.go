package images_test

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const proofEmail = "proof-of-sale@shopflow.invalid"

type basket struct {
	ItemsCount int `json:"items_count"`
	Totals     struct {
		Total string `json:"total_price"`
	} `json:"totals"`
	PaymentMethods []string `json:"payment_methods"`
}

type purchase struct {
	ID      int    `json:"order_id"`
	Key     string `json:"order_key"`
	Status  string `json:"status"`
	Payment struct {
		Redirect string `json:"redirect_url"`
	} `json:"payment_result"`
}

// buy orders pieces of the product with a stock number, as a guest with an email address.
func (b *browser) buy(t *testing.T, sku, email string, pieces int) purchase {
	t.Helper()
	const store = "/wp-json/wc/store/v1"
	products := decode[[]struct{ ID int }](t, b.ask(t, http.MethodGet, store+"/products?sku="+sku, nil), http.StatusOK)
	if len(products) != 1 {
		t.Fatalf("%d products with the number %s", len(products), sku)
	}
	token := b.get(t, store+"/cart").header.Get("Cart-Token")
	decode[basket](t, b.ask(t, http.MethodPost, store+"/cart/add-item", map[string]any{"id": products[0].ID, "quantity": pieces}, "Cart-Token", token), http.StatusCreated)
	address := map[string]string{
		"first_name": "Ada", "last_name": "Buyer", "company": "", "address_1": "1 Main Street", "address_2": "",
		"city": "Portland", "state": "OR", "postcode": "97201", "country": "US", "phone": "5035550100",
	}
	billing := map[string]string{"email": email}
	maps.Copy(billing, address)
	addresses := map[string]any{"billing_address": billing, "shipping_address": address}
	cart := decode[basket](t, b.ask(t, http.MethodPost, store+"/cart/update-customer", addresses, "Cart-Token", token), http.StatusOK)
	if diff := cmp.Diff([]string{"cod"}, cart.PaymentMethods); diff != "" || cart.ItemsCount != pieces {
		t.Errorf("the cart has %d pieces, its payment methods (-want +got):\n%s", cart.ItemsCount, diff)
	}
	addresses["payment_method"], addresses["payment_data"] = "cod", []string{}
	return decode[purchase](t, b.ask(t, http.MethodPost, store+"/checkout", addresses, "Cart-Token", token), http.StatusOK)
}

// The images are large, so they are unpacked once for all tests.
func TestShop(t *testing.T) {
	images := shopImages{database: unpack(t, "woocommerce-database"), web: unpack(t, "woocommerce")}
	for name, test := range map[string]func(*testing.T, shopImages){
		"Sells":                      testShopSells,
		"ProofLeavesNothing":         testProofLeavesNothing,
		"ProofSendsNoMail":           testProofSendsNoMail,
		"ChecksLeaveNothing":         testChecksLeaveNothing,
		"TitleChangesAtOnce":         testTitleChangesAtOnce,
		"FollowsItsAddress":          testShopFollowsItsAddress,
		"SurvivesWithoutItsDatabase": testShopSurvivesWithoutItsDatabase,
		"TwoReplicas":                testShopWithTwoReplicas,
		"PicturesAreCopiedOnce":      testPicturesAreCopiedOnce,
		"CronIsCalled":               testCronIsCalled,
		"InstalledInThePod":          testShopInstalledInThePod,
		"StopsGracefully":            testShopStopsGracefully,
	} {
		t.Run(name, func(t *testing.T) { test(t, images) })
	}
}

func testShopSells(t *testing.T, images shopImages) {
	p := images.start(t, nil)
	visitor := p.visitor(t)

	t.Run("Pages", func(t *testing.T) {
		for path, want := range map[string]string{
			"/": "Stoneware Mug", "/shop/": "Stoneware Mug", "/product/linen-apron/": "L/XL", "/product-category/kitchen/": "Oak Serving Board",
			"/cart/": "wp-block-woocommerce-cart", "/my-account/": "woocommerce-form-login", "/healthz": "ok", "/readyz": "ok", "/fpm-ping": "pong",
		} {
			if got := visitor.get(t, path); !strings.Contains(got.body, want) {
				t.Errorf("%s does not have %q", path, want)
			}
		}
	})

	t.Run("PagesAreCachedWithoutACart", func(t *testing.T) {
		visitor.get(t, "/")
		if got := visitor.get(t, "/").header.Get("X-Cache"); got != "HIT" {
			t.Errorf("the second visit: X-Cache %q", got)
		}
		for _, cookie := range []string{"woocommerce_items_in_cart=1", "wp_woocommerce_session_x=1", "wordpress_logged_in_x=1"} {
			if got := visitor.get(t, "/", "Cookie", cookie).header.Get("X-Cache"); got != "BYPASS" {
				t.Errorf("with the cookie %s: X-Cache %q", cookie, got)
			}
		}
		for _, path := range []string{"/cart/", "/my-account/", "/wp-json/wc/store/v1/products", "/?add-to-cart=1"} {
			visitor.ask(t, http.MethodGet, path, nil)
			if got := visitor.ask(t, http.MethodGet, path, nil).header.Get("X-Cache"); got == "HIT" {
				t.Errorf("%s was cached for others", path)
			}
		}
	})

	t.Run("AssetsAreThere", func(t *testing.T) {
		owner := p.visitor(t)
		owner.login(t)
		seen := map[string]bool{}
		for _, path := range []string{"/", "/product/linen-apron/", "/cart/", "/my-account/", "/wp-admin/", "/wp-admin/admin.php?page=wc-orders", "/wp-admin/post-new.php?post_type=product"} {
			for _, match := range regexp.MustCompile(`(?:src|href)=["'](`+shopAddress+`[^"']+\.(?:css|m?js|webp|svg|png|woff2)(?:\?[^"']*)?)["']`).FindAllStringSubmatch(owner.get(t, path).body, -1) {
				seen[strings.ReplaceAll(strings.ReplaceAll(match[1], "&#038;", "&"), "&amp;", "&")] = true
			}
		}
		for asset := range seen {
			if got := owner.ask(t, http.MethodGet, strings.TrimPrefix(asset, shopAddress), nil); got.status != http.StatusOK {
				t.Errorf("%s: %d", asset, got.status)
			}
		}
		if len(seen) < 50 {
			t.Errorf("only %d assets in seven pages", len(seen))
		}
	})

	t.Run("Hardening", func(t *testing.T) {
		for path, want := range map[string]int{
			"/xmlrpc.php": 403, "/?author=1": 404, "/author/owner/": 404, "/wp-json/wp/v2/users": 404, "/wp-json/wp/v2/users/1": 404, "/wp-sitemap-users-1.xml": 404,
			"/wp-config.php": 404, "/.htaccess": 404, "/readme.html": 404, "/wp-admin/install.php": 404, "/wp-content/uploads/woocommerce_uploads/x": 403,
			"/wp-content/uploads/wc-logs/x.log": 403, "/wp-content/uploads/x.php": 404, "/wp-includes/version.php": 404,
			"/wp-content/mu-plugins/shopflow.php": 404, "/wp-content/plugins/woocommerce/woocommerce.php": 404,
			"/wp-json/shopflow/v1/proof-orders": 404,
		} {
			if got := visitor.ask(t, http.MethodGet, path, nil).status; got != want {
				t.Errorf("%s: %d instead of %d", path, got, want)
			}
		}
		if got := visitor.ask(t, http.MethodDelete, "/wp-json/shopflow/v1/proof-orders", nil).status; got != http.StatusUnauthorized {
			t.Errorf("a stranger removes the proof's orders: %d", got)
		}
		page := visitor.get(t, "/")
		if strings.Contains(page.body, `name="generator"`) || page.header.Get("X-Powered-By") != "" || strings.ContainsAny(page.header.Get("Server"), "0123456789") {
			t.Errorf("the page reveals versions: %v", page.header)
		}
	})

	t.Run("OrderAndAdmin", func(t *testing.T) {
		order := visitor.buy(t, "TOTE-1", "ada@example.com", 2)
		if order.Status != "processing" || !strings.Contains(order.Payment.Redirect, fmt.Sprintf("/checkout/order-received/%d/", order.ID)) {
			t.Fatalf("the order: %+v", order)
		}
		if got := visitor.get(t, strings.TrimPrefix(order.Payment.Redirect, shopAddress)); !strings.Contains(got.body, "ada@example.com") && !strings.Contains(got.body, "Thank you") {
			t.Errorf("the page after the order: %.500s", got.body)
		}
		owner := p.visitor(t)
		nonce := owner.login(t)
		if got := owner.get(t, "/wp-admin/admin.php?page=wc-orders"); !strings.Contains(got.body, fmt.Sprintf("#%d Ada Buyer", order.ID)) {
			t.Error("the order is not in the owner's list")
		}
		read := decode[struct {
			Status, Total string
			Number        string
		}](t, owner.ask(t, http.MethodGet, fmt.Sprintf("/wp-json/wc/v3/orders/%d", order.ID), nil, "X-WP-Nonce", nonce), http.StatusOK)
		if read.Total != "150.00" {
			t.Errorf("the order as the owner sees it: %+v", read)
		}
	})

	t.Run("NothingWentWrong", func(t *testing.T) {
		for _, c := range []*container{p.php, p.nginx} {
			if regexp.MustCompile(`PHP (Warning|Fatal|Notice|Deprecated)|database error|sendmail`).MatchString(c.output()) {
				t.Errorf("the log:\n%s", c.output())
			}
		}
	})

	t.Run("TheBytecodeOfTheImageIsUsed", func(t *testing.T) {
		caches, err := filepath.Glob(filepath.Join(p.webVolume["/tmp"], "opcache", strings.Repeat("[0-9a-f]", 32)))
		if err != nil || len(caches) != 1 {
			t.Fatalf("bytecode caches: %v %v; PHP creates another when it cannot use the image's", caches, err)
		}
		baked, err := filepath.Glob(filepath.Join(p.web.root, "srv/opcache", strings.Repeat("[0-9a-f]", 32)))
		if err != nil || len(baked) != 1 || filepath.Base(baked[0]) != filepath.Base(caches[0]) {
			t.Errorf("the image has %v, PHP uses %v", baked, caches)
		}
	})
}
