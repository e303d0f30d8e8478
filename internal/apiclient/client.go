// Package apiclient talks to a ShopFlow platform. Requests and answers are generated from api/openapi.yaml; what is written
// here is how to reach the platform, its errors and its live events.
package apiclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"shopflow.dev/shopflow/internal/version"
)

//go:generate go tool -modfile=../../hack/tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../api/openapi.yaml

const (
	// requestTimeout bounds a request that is not a stream.
	requestTimeout = 30 * time.Second
	// dialTimeout bounds how long it may take to connect.
	dialTimeout = 10 * time.Second
)

// Platform is a ShopFlow platform, reached over HTTP.
type Platform struct {
	server string
	http   *http.Client
	api    *ClientWithResponses
}

// New returns a client of the platform that the configuration names.
func New(config Config) (*Platform, error) {
	address, err := url.Parse(config.Server)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return nil, fmt.Errorf("%q is not the address of a server, such as http://shopflow.localhost:8080", config.Server)
	}
	authorize := func(_ context.Context, r *http.Request) error {
		if config.Token != "" {
			r.Header.Set("Authorization", "Bearer "+config.Token)
		}
		r.Header.Set("User-Agent", "shopflow/"+version.Version)
		return nil
	}
	client := newHTTPClient()
	api, err := NewClientWithResponses(strings.TrimSuffix(config.Server, "/"), WithHTTPClient(client), WithRequestEditorFn(authorize))
	if err != nil {
		return nil, fmt.Errorf("create the client: %w", err)
	}
	return &Platform{server: config.Server, http: client, api: api}, nil
}

// CloseIdleConnections makes the next request open a new connection. Another server may have answered at the address while the
// platform was still starting, and a kept connection leads there for as long as it is used.
func (p *Platform) CloseIdleConnections() { p.http.CloseIdleConnections() }

// newHTTPClient returns a client that finds *.localhost on this machine: not every resolver does. It follows no redirects,
// which could carry the token elsewhere.
func newHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if host, port, err := net.SplitHostPort(address); err == nil && local(host) {
					address = net.JoinHostPort("127.0.0.1", port)
				}
				return dialer.DialContext(ctx, network, address)
			},
			Proxy: func(r *http.Request) (*url.URL, error) {
				if local(r.URL.Hostname()) {
					return nil, nil // No proxy.
				}
				return http.ProxyFromEnvironment(r)
			},
			TLSHandshakeTimeout: dialTimeout,
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func local(host string) bool {
	return strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// result returns the body of a success, or the error that the answer is.
func result[T any](value *T, response *http.Response, problem *Problem) (T, error) {
	if value == nil {
		var none T
		return none, newError(response, problem)
	}
	return *value, nil
}

// unreachable says that no answer came, unless the caller canceled the request.
func (p *Platform) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &UnreachableError{Server: p.server, Err: err}
}

// done returns the error that an answer without content is, or nil.
func done(response *http.Response, problem *Problem) error {
	if response.StatusCode == http.StatusNoContent {
		return nil
	}
	return newError(response, problem)
}
