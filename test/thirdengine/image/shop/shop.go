// Package shop is the software of the poster engine: one page, one product, and orders in memory.
package shop

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

const price = 20.0

// Settings are one shop's own.
type Settings struct{ Title, URL, Email, Password string }

type item struct {
	Product  string
	Quantity float64
}

// order is a cart until it has a number.
type order struct {
	ID, Number, Email, Currency string
	Total                       float64
	Items                       []item
}

type shop struct {
	Settings

	mu            sync.Mutex
	stock, next   int
	carts, orders map[string]order
}

// New returns a shop.
func New(settings Settings) http.Handler {
	s := &shop{Settings: settings, stock: 100, next: 1, carts: map[string]order{}, orders: map[string]order{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /product", s.locked(s.product))
	mux.HandleFunc("POST /carts", s.locked(s.fill))
	mux.HandleFunc("POST /carts/{id}/order", s.locked(s.place))
	mux.HandleFunc("GET /orders", s.admin(s.list))
	mux.HandleFunc("GET /orders/{id}", s.admin(s.show))
	mux.HandleFunc("DELETE /orders", s.admin(s.remove))
	return mux
}

// locked answers with JSON, one request at a time. An answer of nil is 404.
func (s *shop) locked(answer func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body := answer(r)
		if body == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body)
	}
}

// admin is locked for the administrator alone.
func (s *shop) admin(answer func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		email, password, _ := r.BasicAuth()
		if email != s.Email || subtle.ConstantTimeCompare([]byte(password), []byte(s.Password)) != 1 {
			http.Error(w, "wrong e-mail or password", http.StatusUnauthorized)
			return
		}
		s.locked(answer)(w, r)
	}
}

func (s *shop) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>%[1]s</title><link rel=\"canonical\" href=\"%[2]s/\"><h1>%[1]s</h1>", html.EscapeString(s.Title), html.EscapeString(s.URL))
}

func (s *shop) product(*http.Request) any {
	return map[string]any{"id": "poster", "stock": s.stock, "price": price, "currency": "usd"}
}

func (s *shop) fill(r *http.Request) any {
	var customer struct {
		Email    string
		Quantity float64
	}
	if json.NewDecoder(r.Body).Decode(&customer) != nil || customer.Quantity < 1 {
		return nil
	}
	cart := order{
		ID: strconv.Itoa(s.next), Email: customer.Email, Currency: "usd", Total: price * customer.Quantity,
		Items: []item{{"poster", customer.Quantity}},
	}
	s.next++
	s.carts[cart.ID] = cart
	return cart
}

// place is the fake checkout: everybody pays on delivery.
func (s *shop) place(r *http.Request) any {
	placed, ok := s.carts[r.PathValue("id")]
	if _, done := s.orders[placed.ID]; !ok || done {
		return nil
	}
	placed.Number = placed.ID
	s.orders[placed.ID] = placed
	s.stock -= int(placed.Items[0].Quantity)
	return placed
}

func (s *shop) list(*http.Request) any {
	orders := []order{}
	for _, id := range slices.Sorted(maps.Keys(s.orders)) {
		orders = append(orders, s.orders[id])
	}
	return orders
}

func (s *shop) show(r *http.Request) any {
	if placed, ok := s.orders[r.PathValue("id")]; ok {
		return placed
	}
	return nil
}

// remove deletes a customer's orders and carts, and restores their stock.
func (s *shop) remove(r *http.Request) any {
	var removed struct{ Orders, Carts, Stock int }
	email := r.URL.Query().Get("email")
	for id, cart := range s.carts {
		if cart.Email != email {
			continue
		}
		removed.Carts++
		delete(s.carts, id)
		if placed, ok := s.orders[id]; ok {
			removed.Orders++
			removed.Stock += int(placed.Items[0].Quantity)
			delete(s.orders, id)
		}
	}
	s.stock += removed.Stock
	return removed
}
