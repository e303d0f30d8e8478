package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// shop is a store as a stranger uses it: all that is known is its public address.
type shop interface {
	// buy places an order of one piece of a product.
	buy(ctx context.Context, email string) (order, error)
	// signIn opens the administration.
	signIn(ctx context.Context, email, password string) (owner, error)
	// stock returns how many pieces of all products customers can buy.
	stock(ctx context.Context) (int, error)
	// page returns the first page.
	page(ctx context.Context) (string, error)
	// refuses returns an error if the shop takes what belongs to another one: its owner's session, and its keys.
	refuses(ctx context.Context, theirs owner, keys map[string]string) error
}

// owner is a shop's administrator, signed in.
type owner interface {
	// orders returns all orders.
	orders(ctx context.Context) ([]order, error)
	// takeNoPayment, sellOut and deleteProducts make buying impossible, each in its way.
	takeNoPayment(ctx context.Context) error
	sellOut(ctx context.Context) error
	deleteProducts(ctx context.Context) error
	// untouched returns an error that names a trace of a sale: a customer, a reservation, a product that was sold.
	untouched(ctx context.Context) error
	// upload stores a PNG picture and returns the path under which everyone can get it.
	upload(ctx context.Context, name string, content []byte) (path string, err error)
}

// order is what both sides see of one.
type order struct {
	ID, Number, Email string
	Total             float64
}

// visit opens a shop.
func (p *platform) visit(ctx context.Context, engine v1alpha1.Engine, store string) (shop, error) {
	if engine == "woocommerce" {
		return p.visitWooCommerce(ctx, store)
	}
	return p.visitMedusa(ctx, store)
}

// client sends requests to one shop.
type browser struct {
	http *http.Client
	base string
	// header goes with every request.
	header http.Header
}

// send sends a request, with a body as JSON unless it is nil, and returns the answer whatever it says.
func (b *browser) send(ctx context.Context, method, path string, body any, headers ...string) (*http.Response, []byte, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, b.base+path, bytes.NewReader(content))
	if err != nil {
		return nil, nil, err
	}
	request.Header = b.header.Clone()
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return b.do(request)
}

// post sends a body of any type and decodes the answer.
func (b *browser) post(ctx context.Context, path, contentType string, body io.Reader, into any, headers ...string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+path, body)
	if err != nil {
		return err
	}
	request.Header = b.header.Clone()
	request.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, answer, err := b.do(request)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return statusError{response.StatusCode, string(answer)}
	}
	return json.Unmarshal(answer, into)
}

func (b *browser) do(request *http.Request) (*http.Response, []byte, error) {
	response, err := b.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	return response, answer, err
}

// call sends a request and returns the answer of a success.
func (b *browser) call(ctx context.Context, method, path string, body any, headers ...string) ([]byte, error) {
	response, answer, err := b.send(ctx, method, path, body, headers...)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		return nil, statusError{response.StatusCode, string(answer)}
	}
	return answer, nil
}

// statusError is an answer that is not a success.
type statusError struct {
	code   int
	answer string
}

func (e statusError) Error() string { return fmt.Sprintf("%d %.300s", e.code, e.answer) }

func ask[T any](ctx context.Context, b *browser, method, path string, body any, headers ...string) (T, error) {
	var value T
	answer, err := b.call(ctx, method, path, body, headers...)
	if err != nil {
		return value, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return value, json.Unmarshal(answer, &value)
}

// credentialsJSON is what `store credentials -o json` prints.
type credentialsJSON struct{ Email, Password, PublishableKey, AdminURL string }

func (p *platform) credentials(t *testing.T, store string) credentialsJSON {
	t.Helper()
	return decode[credentialsJSON](t, p.must(t, "store", "credentials", store, "-o", "json"))
}

// owner signs in to a store with the credentials that its owner gets.
func (p *platform) owner(ctx context.Context, t *testing.T, shop shop, store string) (owner, error) {
	t.Helper()
	login := p.credentials(t, store)
	return shop.signIn(ctx, login.Email, login.Password)
}
