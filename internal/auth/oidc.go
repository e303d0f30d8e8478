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
	// flowLife is how long somebody may take to sign in at a provider.
	flowLife = 10 * time.Minute
	// flowPurpose keeps what is sealed for a flow's cookie from opening as anything else.
	flowPurpose = "oidc"
	// providerRest is how long a provider that did not answer is not asked again.
	providerRest = 3 * time.Second
	// providerTimeout bounds each request to a provider.
	providerTimeout = 10 * time.Second
)

// ProviderConfig says how to sign in with an OpenID Connect issuer.
type ProviderConfig struct {
	// ID names the provider in addresses; Name is what people read.
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
	// NoSignUp refuses people who have no account yet.
	NoSignUp bool `json:"noSignUp,omitempty"`
}

// Provider is an OpenID Connect issuer that people sign in with.
type Provider struct {
	config ProviderConfig
	client *http.Client
	clock  clock.PassiveClock
	asking singleflight.Group

	mu         sync.Mutex
	discovered *oidc.Provider // nil until the issuer has answered
	failed     error          // why it did not, the last time
	failedAt   time.Time
}

// Providers are the issuers that a platform trusts.
type Providers struct {
	service  *Service
	sealer   *Sealer
	callback string // the address that issuers send browsers back to
	all      []*Provider
}

// NewProviders returns the providers. They are asked for their keys and addresses when they are needed first, so that the platform
// starts without them.
func NewProviders(service *Service, sealer *Sealer, callback string, configs []ProviderConfig) (*Providers, error) {
	providers := &Providers{service: service, sealer: sealer, callback: callback}
	for _, config := range configs {
		issuer, err := url.Parse(config.Issuer)
		if err != nil || issuer.Host == "" || config.ID == "" || config.Name == "" || config.ClientID == "" {
			return nil, fmt.Errorf("provider %q needs id, name, issuer (an address) and clientID", config.ID)
		}
		if slices.ContainsFunc(providers.all, func(p *Provider) bool { return p.config.ID == config.ID || p.config.Issuer == config.Issuer }) {
			return nil, fmt.Errorf("provider %q is there twice", config.ID)
		}
		if len(config.Scopes) == 0 {
			config.Scopes = []string{"email", "profile"}
		}
		providers.all = append(providers.all, &Provider{config: config, client: &http.Client{Timeout: providerTimeout}, clock: service.clock})
	}
	return providers, nil
}

// List returns the configurations; their secrets are for nobody.
func (p *Providers) List() []ProviderConfig {
	configs := make([]ProviderConfig, 0, len(p.all))
	for _, provider := range p.all {
		configs = append(configs, provider.config)
	}
	return configs
}

// flow is what a browser keeps, sealed, while somebody is at the provider.
type flow struct {
	Provider, State, Nonce, Verifier, Next string
	Until                                  time.Time
}

// Start begins to sign in: it returns the provider's address to send the browser to, and what the browser keeps meanwhile.
func (p *Providers) Start(ctx context.Context, id, next string) (address, kept string, err error) {
	provider, err := p.provider(id)
	if err != nil {
		return "", "", err
	}
	discovered, err := provider.discover(ctx)
	if err != nil {
		return "", "", err
	}
	f := flow{Provider: id, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, Until: p.service.now().Add(flowLife)}
	content, err := json.Marshal(f)
	if err != nil {
		return "", "", fmt.Errorf("keep the flow: %w", err)
	}
	return p.oauth(provider, discovered).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), p.sealer.Seal(flowPurpose, content), nil
}

// Finish ends what Start began: it returns the user whom the provider vouches for, and where in the dashboard to go on.
func (p *Providers) Finish(ctx context.Context, kept, state, code string) (user User, next string, err error) {
	var f flow
	content, err := p.sealer.Open(flowPurpose, kept)
	if err == nil {
		err = json.Unmarshal(content, &f)
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 || p.service.now().After(f.Until) || code == "" {
		return User{}, f.Next, notVouched(err)
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
		return User{}, f.Next, notVouched(exchangeError(err))
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return User{}, f.Next, notVouched(errors.New("the provider sent no ID token"))
	}
	token, err := discovered.Verifier(&oidc.Config{ClientID: provider.config.ClientID, Now: p.service.clock.Now}).Verify(ctx, raw)
	if err != nil {
		return User{}, f.Next, notVouched(err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return User{}, f.Next, notVouched(errors.New("the ID token was made for another flow"))
	}
	claims, err := readClaims(token)
	if err == nil && claims.Email == "" {
		// Some providers tell the address only here.
		info, infoErr := discovered.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if infoErr == nil && info.Subject == token.Subject {
			claims.Email, claims.Verified = info.Email, info.EmailVerified
		}
	}
	if err != nil {
		return User{}, f.Next, notVouched(err)
	}
	user, err = p.known(ctx, provider, token.Subject, claims)
	return user, f.Next, err
}

// Bearer returns whose JWT this is: one that a trusted issuer made for one of the audiences that its configuration accepts.
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
		user, err := p.known(ctx, provider, token.Subject, claims)
		if err != nil {
			return Principal{}, unknownBearer(err)
		}
		return principal(user, ViaProvider, user.Role.Scopes(), token.Expiry), nil
	}
	return Principal{}, unauthenticated()
}

// unknownBearer keeps errors that are not about the token.
func unknownBearer(err error) error {
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
	return nil, problem.Errorf(problem.NotFound, "There is no such identity provider")
}

func (p *Providers) oauth(provider *Provider, discovered *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: provider.config.ClientID, ClientSecret: provider.config.ClientSecret, Endpoint: discovered.Endpoint(),
		RedirectURL: p.callback, Scopes: append([]string{oidc.ScopeOpenID}, provider.config.Scopes...),
	}
}

// discover asks the issuer for its addresses and keys, once it has answered not again. Many who need it at once ask once, each waits
// only as long as it may, and an issuer that did not answer is left alone for a moment.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if discovered, err := p.remembered(); discovered != nil || err != nil {
		return discovered, err
	}
	answers := p.asking.DoChan("", func() (any, error) {
		// What is returned keeps the context for its later requests.
		discovered, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.config.Issuer)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.discovered, p.failed, p.failedAt = discovered, err, p.clock.Now()
		return discovered, err
	})
	select {
	case answer := <-answers:
		discovered, ok := answer.Val.(*oidc.Provider)
		if answer.Err != nil || !ok {
			return nil, p.unavailable(answer.Err)
		}
		return discovered, nil
	case <-ctx.Done():
		return nil, p.unavailable(ctx.Err())
	}
}

// remembered returns what the issuer answered, or that it did not answer a moment ago; nothing if it must be asked.
func (p *Provider) remembered() (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.discovered == nil && p.failed != nil && p.clock.Since(p.failedAt) < providerRest {
		return nil, p.unavailable(p.failed)
	}
	return p.discovered, nil
}

func (p *Provider) unavailable(why error) error {
	return &problem.Error{Kind: problem.ProviderUnavailable, Message: p.config.Name + " does not answer just now; try again in a moment", Err: why}
}
