package shopper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// routeTimeout is how long the first request is repeated while there is no route to the shop, routeInterval how often.
const (
	routeTimeout  = 2 * time.Second
	routeInterval = 50 * time.Millisecond
)

// machineHeader has the machine's token in all requests of a check.
const machineHeader = "Shopflow-Machine"

// Request is a request to a store.
type Request struct {
	// Method is GET unless given. Path begins with a slash and may have a query.
	Method, Path string
	Header       http.Header
	// Body is sent as JSON, Form as a form. One of them is nil at least.
	Body any
	Form url.Values
	// Cookies are those of the person who asks: customer and administrator share none.
	Cookies http.CookieJar
	// KeepRedirect returns a redirect as the answer, instead of following it.
	KeepRedirect bool
}

// Answer is what a store answers to a request.
type Answer struct {
	Header http.Header
	Body   []byte
}

// newRequest encodes a request.
func (c *Client) newRequest(ctx context.Context, r Request) (*http.Request, error) {
	var (
		body        io.Reader
		contentType string
	)
	switch {
	case r.Body != nil:
		encoded, err := json.Marshal(r.Body)
		if err != nil {
			return nil, err
		}
		body, contentType = bytes.NewReader(encoded), "application/json"
	case r.Form != nil:
		body, contentType = strings.NewReader(r.Form.Encode()), "application/x-www-form-urlencoded"
	}
	outgoing, err := http.NewRequestWithContext(ctx, r.Method, c.Address()+r.Path, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(outgoing.Header, r.Header)
	if contentType != "" {
		outgoing.Header.Set("Content-Type", contentType)
	}
	outgoing.Header.Set("User-Agent", "shopflow-shopper")
	if c.machine != "" {
		outgoing.Header.Set(machineHeader, c.machine)
	}
	return outgoing, nil
}

// FirstPage returns the shop's first page. A route may be a moment younger than the pods behind it, so it is given that moment.
func (c *Client) FirstPage(ctx context.Context) ([]byte, error) {
	ticker := time.NewTicker(routeInterval)
	defer ticker.Stop()
	deadline := time.NewTimer(routeTimeout)
	defer deadline.Stop()
	for {
		page, err := c.Do(ctx, Request{Path: "/", Header: http.Header{"Accept": {"text/html"}}})
		if !hasNoRoute(err) {
			return page.Body, err
		}
		select {
		case <-ticker.C:
		case <-deadline.C:
			return nil, err
		case <-ctx.Done():
			return nil, err
		}
	}
}

// hasNoRoute reports whether an error says that there is no route to the shop, rather than what the shop has answered.
func hasNoRoute(err error) bool {
	var (
		refused *StepError
		network net.Error
	)
	if errors.As(err, &refused) {
		return slices.Contains([]int{http.StatusNotFound, http.StatusBadGateway, http.StatusServiceUnavailable}, refused.Status)
	}
	return errors.As(err, &network) || errors.Is(err, io.EOF)
}

// JSON sends a request and decodes its answer into out.
func (c *Client) JSON(ctx context.Context, r Request, out any) error {
	answer, err := c.Do(ctx, r)
	if err != nil {
		return err
	}
	return c.Decode(r, answer, out)
}

// Decode decodes the JSON of an answer into out. An answer that is not JSON is a *StepError.
func (c *Client) Decode(r Request, a Answer, out any) error {
	if err := json.Unmarshal(a.Body, out); err != nil {
		return &StepError{Status: http.StatusOK, Answer: c.Summarize(a.Body), Err: fmt.Errorf("answer to %s %s: %w", r.Method, r.Path, err)}
	}
	return nil
}
