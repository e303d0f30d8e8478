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
	"sync"
	"time"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 4 << 20
	// answerTimeout bounds one request. The slowest failure of a shop known of, its cache being away, takes ten seconds.
	answerTimeout = 20 * time.Second
	// knockTime is how long the first request is made again while there is no route to the shop, knockInterval how often.
	knockTime     = 2 * time.Second
	knockInterval = 50 * time.Millisecond
	// shortestSecret is the length of the shortest secret there is, WordPress's nonce, in bytes.
	shortestSecret = 10
	// maxRedirects bounds how often a shop may send the shopper on.
	maxRedirects = 5
)

// visit is one visit to one store. It is safe for concurrent use.
type visit struct {
	base   *url.URL
	client *http.Client
	clock  clock.PassiveClock
	start  time.Time

	mu      sync.Mutex
	took    map[string]time.Duration
	secrets []string
}

func (s *Shopper) visit(t Target) (*visit, error) {
	base, err := url.Parse(t.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("address of the shop: %w", err)
	}
	if base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a shop", t.BaseURL)
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
				return fmt.Errorf("the shop leads elsewhere, to %s", next.URL.Redacted())
			}
			return nil
		},
	}
	v := &visit{base: base, client: client, clock: s.clock, start: s.clock.Now(), took: map[string]time.Duration{}}
	for key, value := range t.Credentials {
		if key != v1alpha1.KeyAdminEmail {
			v.keepSecret(value)
		}
	}
	return v, nil
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

// leave gives the connections back.
func (v *visit) leave() { v.client.CloseIdleConnections() }

// keepSecret makes sure that a value is in no error. What is too short to be a secret would only make errors unreadable.
func (v *visit) keepSecret(value string) {
	if len(value) < shortestSecret {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets = append(v.secrets, value)
}

// step does one step, notes how long it took and gives its name to its error.
func (v *visit) step(ctx context.Context, name string, work func(context.Context) error) error {
	begin := v.clock.Now()
	err := work(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.took[name] = v.clock.Since(begin)
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*StepError](err); ok {
		return &StepError{Step: name, Status: refused.Status, Answer: refused.Answer, Err: refused.Err}
	}
	return &StepError{Step: name, Err: err}
}

// steps returns the steps that were done, in the order of the names.
func (v *visit) steps(names []string) []Step {
	v.mu.Lock()
	defer v.mu.Unlock()
	steps := make([]Step, 0, len(names))
	for _, name := range names {
		if took, ok := v.took[name]; ok {
			steps = append(steps, Step{Name: name, Duration: took})
		}
	}
	return steps
}

// request is what the shopper asks of a store.
type request struct {
	method, path string
	header       http.Header
	// body becomes JSON, form becomes a form. One of them is nil at least.
	body any
	form url.Values
	// cookies are those of whoever asks: the administrator's are none of the customer's.
	cookies http.CookieJar
	// stay makes a redirect an answer, instead of going where it leads.
	stay bool
}

// answer is what a store says to a request.
type answer struct {
	header http.Header
	body   []byte
}

// fetch returns the answer to a request. An answer that is no success is a *StepError.
func (v *visit) fetch(ctx context.Context, r request) (answer, error) {
	outgoing, err := v.write(ctx, r)
	if err != nil {
		return answer{}, fmt.Errorf("write request: %w", err)
	}
	client := *v.client
	client.Jar = r.cookies
	if r.stay {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	response, err := client.Do(outgoing)
	if err != nil {
		return answer{}, unanswered(ctx, err)
	}
	defer response.Body.Close()
	if r.cookies != nil {
		for _, cookie := range response.Cookies() {
			v.keepSecret(cookie.Value)
		}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", unanswered(ctx, err))
	}
	if good := response.StatusCode/100 == 2 || r.stay && response.StatusCode/100 == 3; !good {
		return answer{}, &StepError{Status: response.StatusCode, Answer: v.summary(body), Err: fmt.Errorf("status %d", response.StatusCode)}
	}
	if len(body) > maxAnswer {
		return answer{}, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	return answer{header: response.Header, body: body}, nil
}

// write puts a request into HTTP.
func (v *visit) write(ctx context.Context, r request) (*http.Request, error) {
	var (
		body io.Reader
		kind string
	)
	switch {
	case r.body != nil:
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body, kind = bytes.NewReader(encoded), "application/json"
	case r.form != nil:
		body, kind = strings.NewReader(r.form.Encode()), "application/x-www-form-urlencoded"
	}
	outgoing, err := http.NewRequestWithContext(ctx, r.method, v.address()+r.path, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(outgoing.Header, r.header)
	if kind != "" {
		outgoing.Header.Set("Content-Type", kind)
	}
	outgoing.Header.Set("User-Agent", "shopflow-shopper")
	return outgoing, nil
}

// address returns the shop's public address without a slash at its end.
func (v *visit) address() string { return strings.TrimSuffix(v.base.String(), "/") }

// knock makes the first request. A route may be a moment younger than the pods behind it, so it is given that moment.
func (v *visit) knock(ctx context.Context, r request) (answer, error) {
	ticker := time.NewTicker(knockInterval)
	defer ticker.Stop()
	deadline := time.NewTimer(knockTime)
	defer deadline.Stop()
	for {
		page, err := v.fetch(ctx, r)
		if !routeless(err) {
			return page, err
		}
		select {
		case <-ticker.C:
		case <-deadline.C:
			return answer{}, err
		case <-ctx.Done():
			return answer{}, err
		}
	}
}

// routeless reports whether an error says that there is no way to the shop, and not what the shop has answered.
func routeless(err error) bool {
	var (
		refused *StepError
		network net.Error
	)
	if errors.As(err, &refused) {
		return slices.Contains([]int{http.StatusNotFound, http.StatusBadGateway, http.StatusServiceUnavailable}, refused.Status)
	}
	return errors.As(err, &network) || errors.Is(err, io.EOF)
}

// ask makes a request whose answer is JSON, and reads it into out.
func (v *visit) ask(ctx context.Context, r request, out any) error {
	answer, err := v.fetch(ctx, r)
	if err != nil {
		return err
	}
	return v.read(r, answer, out)
}

// read reads an answer of JSON into out.
func (v *visit) read(r request, a answer, out any) error {
	if err := json.Unmarshal(a.body, out); err != nil {
		return &StepError{Status: http.StatusOK, Answer: v.summary(a.body), Err: fmt.Errorf("answer to %s %s: %w", r.method, r.path, err)}
	}
	return nil
}

// unanswered returns why there is no answer, without the whole address that the client's errors begin with.
func unanswered(ctx context.Context, err error) error {
	// Where the context has a cause, the client returns that: it is another step's error.
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

func (v *visit) summary(answer []byte) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return summarise(answer, v.secrets)
}
