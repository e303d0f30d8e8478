package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// flowTTL is how long a person may take to sign in at a provider.
	flowTTL = 10 * time.Minute
	// flowPurpose keeps what is sealed for a flow's cookie from opening as anything else.
	flowPurpose = "oidc"
	// providerBackoff is how long after a failure a provider is not asked again.
	providerBackoff = 3 * time.Second
	// providerTimeout bounds each request to a provider.
	providerTimeout = 10 * time.Second
)

// ProviderConfig says how to sign in with an OpenID Connect issuer.
type ProviderConfig struct {
	// ID names the provider in addresses; Name is shown to people.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Issuer is its address; /.well-known/openid-configuration below it says the rest.
	Issuer       string `json:"issuer"`
	ClientID     string `json:"clientID"`
	ClientSecret string `json:"clientSecret,omitempty"`
	// Scopes are asked for besides openid; email and profile unless it says otherwise.
	Scopes []string `json:"scopes,omitempty"`
	// Audiences are accepted in the JWTs of API requests, which are refused if there are none.
	Audiences []string `json:"audiences,omitempty"`
	// NoSignUp refuses people without an account.
	NoSignUp bool `json:"noSignUp,omitempty"`
}

// Provider is an OpenID Connect issuer that people sign in with.
type Provider struct {
	config    ProviderConfig
	client    *http.Client
	clock     clock.PassiveClock
	discovery singleflight.Group

	mu         sync.Mutex
	discovered *oidc.Provider // nil until the issuer has answered
	lastErr    error          // of the last attempt
	failedAt   time.Time
}

// Providers are the issuers that a platform trusts.
type Providers struct {
	service  *Service
	sealer   *Sealer
	callback string // the address that issuers send browsers back to
	all      []*Provider
}

// NewProviders returns the providers. Their keys and addresses are discovered on first use, so that the platform
// starts without them.
func NewProviders(service *Service, sealer *Sealer, callback string, configs []ProviderConfig) (*Providers, error) {
	providers := &Providers{service: service, sealer: sealer, callback: callback}
	for _, config := range configs {
		issuer, err := url.Parse(config.Issuer)
		if err != nil || issuer.Host == "" || config.ID == "" || config.Name == "" || config.ClientID == "" {
			return nil, fmt.Errorf("provider %q needs id, name, issuer (an address) and clientID", config.ID)
		}
		if slices.ContainsFunc(providers.all, func(p *Provider) bool { return p.config.ID == config.ID || p.config.Issuer == config.Issuer }) {
			return nil, fmt.Errorf("provider %q is configured twice", config.ID)
		}
		if len(config.Scopes) == 0 {
			config.Scopes = []string{"email", "profile"}
		}
		providers.all = append(providers.all, &Provider{config: config, client: &http.Client{Timeout: providerTimeout}, clock: service.clock})
	}
	return providers, nil
}

// List returns the configurations. Do not show their secrets.
func (p *Providers) List() []ProviderConfig {
	configs := make([]ProviderConfig, 0, len(p.all))
	for _, provider := range p.all {
		configs = append(configs, provider.config)
	}
	return configs
}

// flow is what a browser keeps, sealed, while the person signs in at the provider.
type flow struct {
	Provider, State, Nonce, Verifier, Next string
	ExpiresAt                              time.Time
}

// Start starts a sign-in: it returns the provider's address to send the browser to, and the sealed flow for the browser to keep.
func (p *Providers) Start(ctx context.Context, id, next string) (address, sealed string, err error) {
	provider, err := p.provider(id)
	if err != nil {
		return "", "", err
	}
	discovered, err := provider.discover(ctx)
	if err != nil {
		return "", "", err
	}
	f := flow{Provider: id, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, ExpiresAt: p.service.now().Add(flowTTL)}
	content, err := json.Marshal(f)
	if err != nil {
		return "", "", fmt.Errorf("encode the flow: %w", err)
	}
	return p.oauth(provider, discovered).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), p.sealer.Seal(flowPurpose, content), nil
}

// Finish completes a sign-in: it returns the user whom the provider identified, and the path of the dashboard to continue at.
func (p *Providers) Finish(ctx context.Context, sealed, state, code string) (user User, next string, err error) {
	var f flow
	content, err := p.sealer.Open(flowPurpose, sealed)
	if err == nil {
		err = json.Unmarshal(content, &f)
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 || p.service.now().After(f.ExpiresAt) || code == "" {
		return User{}, f.Next, notIdentified(err)
	}
	provider, err := p.provider(f.Provider)
	if err != nil {
		return User{}, f.Next, err
	}
	discovered, err := provider.discover(ctx)
	if err != nil {
		return User{}, f.Next, err
	}
	ctx = oidc.ClientContext(ctx, provider.client)
	tokens, err := p.oauth(provider, discovered).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return User{}, f.Next, notIdentified(exchangeError(err))
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return User{}, f.Next, notIdentified(errors.New("the provider sent no ID token"))
	}
	token, err := discovered.Verifier(&oidc.Config{ClientID: provider.config.ClientID, Now: p.service.clock.Now}).Verify(ctx, raw)
	if err != nil {
		return User{}, f.Next, notIdentified(err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return User{}, f.Next, notIdentified(errors.New("the ID token was made for another flow"))
	}
	claims, err := readClaims(token)
	if err == nil && claims.Email == "" {
		// Some providers return the address only here.
		info, infoErr := discovered.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if infoErr == nil && info.Subject == token.Subject {
			claims.Email, claims.Verified = info.Email, info.EmailVerified
		}
	}
	if err != nil {
		return User{}, f.Next, notIdentified(err)
	}
	user, err = p.userFor(ctx, provider, token.Subject, claims)
	return user, f.Next, err
}

// Bearer returns the principal of a JWT that a trusted issuer signed for one of the audiences that its configuration accepts.
func (p *Providers) Bearer(ctx context.Context, raw string) (Principal, error) {
	issuer, err := issuerOf(raw)
	if err != nil {
		return Principal{}, unauthenticated()
	}
	for _, provider := range p.all {
		if provider.config.Issuer != issuer || len(provider.config.Audiences) == 0 {
			continue
		}
		discovered, err := provider.discover(ctx)
		if err != nil {
			return Principal{}, err
		}
		token, err := discovered.Verifier(&oidc.Config{SkipClientIDCheck: true, Now: p.service.clock.Now}).Verify(ctx, raw)
		if err != nil || !slices.ContainsFunc(provider.config.Audiences, func(accepted string) bool { return slices.Contains(token.Audience, accepted) }) {
			return Principal{}, unauthenticated()
		}
		claims, err := readClaims(token)
		if err != nil {
			return Principal{}, unauthenticated()
		}
		user, err := p.userFor(ctx, provider, token.Subject, claims)
		if err != nil {
			return Principal{}, bearerError(err)
		}
		return principal(user, ViaProvider, user.Role.Scopes(), token.Expiry), nil
	}
	return Principal{}, unauthenticated()
}

// bearerError keeps errors that are not about the token.
func bearerError(err error) error {
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return unauthenticated()
	}
	return err
}

func (p *Providers) provider(id string) (*Provider, error) {
	for _, provider := range p.all {
		if provider.config.ID == id {
			return provider, nil
		}
	}
	return nil, problem.Errorf(problem.NotFound, "Identity provider not found")
}

func (p *Providers) oauth(provider *Provider, discovered *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: provider.config.ClientID, ClientSecret: provider.config.ClientSecret, Endpoint: discovered.Endpoint(),
		RedirectURL: p.callback, Scopes: append([]string{oidc.ScopeOpenID}, provider.config.Scopes...),
	}
}

// discover returns the issuer's addresses and keys, which it fetches until the issuer has answered once. Concurrent callers share one
// request, each waits only as long as its context allows, and an issuer that failed is not asked again for a moment.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if discovered, err := p.cached(); discovered != nil || err != nil {
		return discovered, err
	}
	results := p.discovery.DoChan("", func() (any, error) {
		// What is returned keeps the context for its later requests.
		discovered, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.config.Issuer)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.discovered, p.lastErr, p.failedAt = discovered, err, p.clock.Now()
		return discovered, err
	})
	select {
	case result := <-results:
		discovered, ok := result.Val.(*oidc.Provider)
		if result.Err != nil || !ok {
			return nil, p.unavailable(result.Err)
		}
		return discovered, nil
	case <-ctx.Done():
		return nil, p.unavailable(ctx.Err())
	}
}

// cached returns the issuer's answer, or an error if it failed a moment ago; neither if it must be asked.
func (p *Provider) cached() (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.discovered == nil && p.lastErr != nil && p.clock.Since(p.failedAt) < providerBackoff {
		return nil, p.unavailable(p.lastErr)
	}
	return p.discovered, nil
}

func (p *Provider) unavailable(why error) error {
	return &problem.Error{Kind: problem.ProviderUnavailable, Message: p.config.Name + " is unavailable. Retry in a moment.", Err: why}
}
