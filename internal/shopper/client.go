package shopper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 4 << 20
	// answerTimeout bounds one request. The slowest failure of a shop that is known, its cache being down, takes ten seconds.
	answerTimeout = 20 * time.Second
	// shortestSecret is the length of the shortest secret there is, WordPress's nonce, in bytes.
	shortestSecret = 10
	// maxRedirects bounds how many redirects of a shop are followed.
	maxRedirects = 5
)

// Client is the HTTP client of one proof or check in one store. It is safe for concurrent use.
type Client struct {
	base *url.URL
	http *http.Client
	// machine is the machine's token of a check, empty in a proof.
	machine string
	clock   clock.PassiveClock
	start   time.Time

	mu      sync.Mutex
	took    map[string]time.Duration
	secrets []string
}

func newClient(clock clock.PassiveClock, t Target, machine string) (*Client, error) {
	base, err := url.Parse(t.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("address of the shop: %w", err)
	}
	if base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a shop", t.BaseURL)
	}
	dialer := &net.Dialer{}
	client := &http.Client{
		Timeout: answerTimeout,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, dialAddress(address, t.DialAddress))
			},
			ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			if next.URL.Host != base.Host || next.URL.Scheme != base.Scheme || len(before) > maxRedirects {
				return fmt.Errorf("the shop redirects to another address, %s", next.URL.Redacted())
			}
			return nil
		},
	}
	c := &Client{base: base, http: client, machine: machine, clock: clock, start: clock.Now(), took: map[string]time.Duration{}}
	for key, value := range t.Credentials {
		if key != v1alpha1.KeyAdminEmail {
			c.Redact(value)
		}
	}
	c.Redact(machine)
	return c, nil
}

// dialAddress returns where to connect to. Names under .localhost are this machine by RFC 6761, but not every resolver
// knows that.
func dialAddress(address, override string) string {
	if override != "" {
		return override
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if name := strings.ToLower(strings.TrimSuffix(host, ".")); name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

func (c *Client) close() { c.http.CloseIdleConnections() }

// Checks reports whether this is a check of a shop that lives, and not the proof of a new one.
func (c *Client) Checks() bool { return c.machine != "" }

// Email is that of the customer who buys.
func (c *Client) Email() string {
	if c.Checks() {
		return CheckEmail
	}
	return ProofEmail
}

// URL returns the shop's public address.
func (c *Client) URL() *url.URL { return c.base }

// Address returns the shop's public address as a text, without a slash at its end.
func (c *Client) Address() string { return strings.TrimSuffix(c.base.String(), "/") }

// Redact keeps a value out of all errors. What is too short to be a secret would only make errors unreadable.
func (c *Client) Redact(value string) {
	if len(value) < shortestSecret {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets = append(c.secrets, value)
}

// Summarize returns an answer as one short line without secrets.
func (c *Client) Summarize(answer []byte) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return summarize(answer, c.secrets)
}

// Do returns the answer to a request. An answer other than success is a *StepError.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	outgoing, err := c.newRequest(ctx, r)
	if err != nil {
		return Answer{}, fmt.Errorf("write request: %w", err)
	}
	client := *c.http
	client.Jar = r.Cookies
	if r.KeepRedirect {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	response, err := client.Do(outgoing)
	if err != nil {
		return Answer{}, withoutAddress(ctx, err)
	}
	defer response.Body.Close()
	if r.Cookies != nil {
		for _, cookie := range response.Cookies() {
			c.Redact(cookie.Value)
		}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", withoutAddress(ctx, err))
	}
	if good := response.StatusCode/100 == 2 || r.KeepRedirect && response.StatusCode/100 == 3; !good {
		return Answer{}, &StepError{Status: response.StatusCode, Answer: c.Summarize(body), Err: fmt.Errorf("status %d", response.StatusCode)}
	}
	if len(body) > maxAnswer {
		return Answer{}, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	return Answer{Header: response.Header, Body: body}, nil
}

// withoutAddress returns why there is no answer, without the whole address that the client's errors begin with.
func withoutAddress(ctx context.Context, err error) error {
	// Where the context has a cause, the client returns that: it is another step's error.
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// step does one step, records how long it took and gives its name to its error.
func (c *Client) step(ctx context.Context, name string, work func(context.Context) error) error {
	begin := c.clock.Now()
	err := work(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took[name] = c.clock.Since(begin)
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*StepError](err); ok {
		return &StepError{Step: name, Status: refused.Status, Answer: refused.Answer, Err: shorten(refused.Err, c.secrets)}
	}
	return &StepError{Step: name, Err: shorten(err, c.secrets)}
}

// steps returns the steps that were done, in the order of the names.
func (c *Client) steps(names []string) []Step {
	c.mu.Lock()
	defer c.mu.Unlock()
	steps := make([]Step, 0, len(names))
	for _, name := range names {
		if took, ok := c.took[name]; ok {
			steps = append(steps, Step{Name: name, Duration: took})
		}
	}
	return steps
}
