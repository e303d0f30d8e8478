package auth

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/problem"
)

// ReadProviders reads the configurations in a file; none if the path is empty.
func ReadProviders(path string) ([]ProviderConfig, error) {
	if path == "" {
		return nil, nil
	}
	content, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own flag
	if err != nil {
		return nil, fmt.Errorf("read the identity providers: %w", err)
	}
	var file struct {
		Providers []ProviderConfig `json:"providers"`
	}
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		return nil, fmt.Errorf("read the identity providers in %s: see docs/sign-in.md for its format", path) // The cause could show a secret.
	}
	return file.Providers, nil
}

// claims is what an issuer says about a person.
type claims struct {
	Email    string `json:"email"`
	Verified bool   `json:"-"`
	Name     string `json:"name"`
}

func readClaims(token *oidc.IDToken) (claims, error) {
	var c claims
	var verified struct {
		Verified any `json:"email_verified"` // Some issuers write it as a string.
	}
	if err := errors.Join(token.Claims(&c), token.Claims(&verified)); err != nil {
		return claims{}, fmt.Errorf("read the claims: %w", err)
	}
	c.Verified = verified.Verified == true || verified.Verified == "true"
	return c, nil
}

// userFor returns the user who is the issuer's subject, and creates one on the first visit. It never joins an existing account by its
// address: that an issuer knows an address does not prove that the account here belongs to the same person.
func (p *Providers) userFor(ctx context.Context, provider *Provider, subject string, c claims) (User, error) {
	repository := p.service.repository
	identity := Identity{Issuer: provider.config.Issuer, Subject: subject}
	user, err := repository.UserByIdentity(ctx, identity)
	switch {
	case err == nil && user.Disabled:
		return User{}, problem.Errorf(problem.AccountDisabled, "This account is disabled")
	case err == nil:
		return user, nil
	case !problem.IsKind(err, problem.NotFound):
		return User{}, fmt.Errorf("find the user: %w", err)
	case provider.config.NoSignUp:
		return User{}, problem.Errorf(problem.SignUpClosed, "You have no account here. Ask an administrator for one.")
	}
	email := normalizeEmail(c.Email)
	if !c.Verified || validateEmail(email) != "" {
		return User{}, &problem.Error{Kind: problem.EmailMissing, Message: provider.config.Name + " did not report a verified email address for you"}
	}
	name := strings.TrimSpace(c.Name)
	if validateName(name) != "" {
		name = ""
	}
	user, err = repository.CreateUser(ctx, User{Email: email, Name: cmp.Or(name, email), Role: Merchant, CreatedAt: p.service.now()}, &identity)
	if problem.IsKind(err, problem.UserConflict) {
		// Two concurrent first visits create one user.
		if again, err := repository.UserByIdentity(ctx, identity); err == nil {
			return again, nil
		}
	}
	if err != nil {
		return User{}, fmt.Errorf("create user: %w", err)
	}
	return user, nil
}

// issuerOf returns the issuer of a JWT, unverified.
func issuerOf(raw string) (string, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", errors.New("not a JWT")
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("decode the JWT: %w", err)
	}
	var c struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return "", fmt.Errorf("decode the JWT: %w", err)
	}
	return c.Issuer, nil
}

func notIdentified(err error) error {
	return &problem.Error{Kind: problem.SignInFailed, Message: "The identity provider did not identify you. Try again.", Err: err}
}

// exchangeError keeps an answer that may hold a secret out of the log.
func exchangeError(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("exchange the code: the provider answered %s: %s", refused.Response.Status, refused.ErrorCode)
	}
	return errors.New("exchange the code: the provider did not answer")
}
