package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// TokenPrefix begins every API token, so that people and scanners know one when they see it.
	TokenPrefix = "sft_"
	// defaultTokenTTL is how long a token lasts by default.
	defaultTokenTTL = 90 * 24 * time.Hour
	// maxTokenTTL is the longest that a token can last.
	maxTokenTTL = 366 * 24 * time.Hour
	// maxTokens is how many tokens a user has at most.
	maxTokens = 100
)

// NewToken is a request for a token.
type NewToken struct {
	Name      string
	Scopes    []Scope
	ExpiresAt *time.Time // nil means in 90 days
}

// CreateToken creates a token of the principal and returns its secret, which is not stored. A token never has a scope that the
// principal lacks.
func (s *Service) CreateToken(ctx context.Context, p Principal, request NewToken) (Token, string, error) {
	if p.Via == ViaBootstrap {
		return Token{}, "", problem.Errorf(problem.Forbidden, "The bootstrap token belongs to no account. Sign in to create a token.")
	}
	now := s.now()
	token := Token{UserID: p.User.ID, Name: strings.TrimSpace(request.Name), Scopes: slices.Compact(slices.Sorted(slices.Values(request.Scopes))), CreatedAt: now, ExpiresAt: now.Add(defaultTokenTTL)}
	if request.ExpiresAt != nil {
		token.ExpiresAt = request.ExpiresAt.UTC().Truncate(time.Microsecond)
	}
	var fields problem.Fields
	if token.Name == "" {
		fields.Add("name", "Enter a name that says what the token is for")
	}
	fields.Add("name", validateName(token.Name))
	if len(token.Scopes) == 0 {
		fields.Add("scopes", "Choose at least one scope")
	}
	for _, scope := range token.Scopes {
		if !slices.Contains(Admin.Scopes(), scope) {
			fields.Add("scopes", fmt.Sprintf("Unknown scope %q. Choose from stores:read, stores:write, account, admin.", scope))
		} else if !p.HasScope(scope) {
			fields.Add("scopes", fmt.Sprintf("You cannot grant %q because you do not have it", scope))
		}
	}
	if !token.ExpiresAt.After(now) || token.ExpiresAt.After(now.Add(maxTokenTTL)) {
		fields.Add("expiresAt", "Choose a time within the next 366 days")
	}
	if err := fields.Err(); err != nil {
		return Token{}, "", err
	}
	existing, err := s.Tokens(ctx, p)
	if err != nil {
		return Token{}, "", err
	}
	if len(existing) >= maxTokens {
		return Token{}, "", problem.Fields{{Name: "name", Message: fmt.Sprintf("You have %d tokens, the most that an account can have. Revoke one first.", len(existing))}}.Err()
	}
	secret := TokenPrefix + rand.Text()
	token.Hash = digest(secret)
	if token, err = s.repository.CreateToken(ctx, token); err != nil {
		return Token{}, "", fmt.Errorf("create token: %w", err)
	}
	return token, secret, nil
}

// Token returns the principal whose token has the secret.
func (s *Service) Token(ctx context.Context, secret string) (Principal, error) {
	token, user, err := s.repository.Token(ctx, digest(secret))
	if problem.IsKind(err, problem.NotFound) {
		return Principal{}, unauthenticated()
	}
	if err != nil {
		return Principal{}, fmt.Errorf("find the token: %w", err)
	}
	now := s.now()
	if user.Disabled || !now.Before(token.ExpiresAt) {
		return Principal{}, unauthenticated()
	}
	if now.Sub(token.LastUsedAt) >= touchInterval {
		if err := s.repository.TouchToken(ctx, token.ID, now); err != nil {
			return Principal{}, fmt.Errorf("record the use of the token: %w", err)
		}
	}
	return principal(user, ViaToken, token.Scopes, token.ExpiresAt), nil
}

// Tokens returns the principal's tokens, newest first.
func (s *Service) Tokens(ctx context.Context, p Principal) ([]Token, error) {
	if p.Via == ViaBootstrap {
		return nil, nil // It belongs to no account.
	}
	tokens, err := s.repository.Tokens(ctx, p.User.ID)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return tokens, nil
}

// RevokeToken ends a token of the principal's own, and returns it.
func (s *Service) RevokeToken(ctx context.Context, p Principal, id string) (Token, error) {
	token, err := s.repository.DeleteToken(ctx, p.User.ID, id)
	if err != nil {
		return Token{}, fmt.Errorf("revoke token: %w", err)
	}
	return token, nil
}
