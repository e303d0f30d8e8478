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
	// tokenLife is how long a token lasts unless somebody chooses otherwise.
	tokenLife = 90 * 24 * time.Hour
	// longestTokenLife is the most that can be chosen.
	longestTokenLife = 366 * 24 * time.Hour
	// maxTokens is how many tokens a user has at most.
	maxTokens = 100
)

// NewToken is what a token begins with.
type NewToken struct {
	Name      string
	Scopes    []Scope
	ExpiresAt *time.Time // nil means in 90 days
}

// CreateToken makes a token of the principal and returns its secret, which is kept nowhere. It may do no more than the principal.
func (s *Service) CreateToken(ctx context.Context, p Principal, wish NewToken) (Token, string, error) {
	if p.Via == ViaBootstrap {
		return Token{}, "", problem.Errorf(problem.Forbidden, "The bootstrap token belongs to no account; sign in to make a token")
	}
	now := s.now()
	token := Token{UserID: p.User.ID, Name: strings.TrimSpace(wish.Name), Scopes: slices.Compact(slices.Sorted(slices.Values(wish.Scopes))), CreatedAt: now, ExpiresAt: now.Add(tokenLife)}
	if wish.ExpiresAt != nil {
		token.ExpiresAt = wish.ExpiresAt.UTC().Truncate(time.Microsecond)
	}
	var fields problem.Fields
	if token.Name == "" {
		fields.Add("name", "Give the token a name that says what it is for")
	}
	fields.Add("name", validateName(token.Name))
	if len(token.Scopes) == 0 {
		fields.Add("scopes", "Choose what the token may do")
	}
	for _, scope := range token.Scopes {
		if !slices.Contains(Admin.Scopes(), scope) {
			fields.Add("scopes", fmt.Sprintf("There is no scope %q; choose from stores:read, stores:write, account, admin", scope))
		} else if !p.May(scope) {
			fields.Add("scopes", fmt.Sprintf("You may not give %q, since you do not have it yourself", scope))
		}
	}
	if !token.ExpiresAt.After(now) || token.ExpiresAt.After(now.Add(longestTokenLife)) {
		fields.Add("expiresAt", "Choose a time in the future, at most 366 days from now")
	}
	if err := fields.Err(); err != nil {
		return Token{}, "", err
	}
	present, err := s.Tokens(ctx, p)
	if err != nil {
		return Token{}, "", err
	}
	if len(present) >= maxTokens {
		return Token{}, "", problem.Fields{{Name: "name", Message: fmt.Sprintf("You have %d tokens; revoke one first", len(present))}}.Err()
	}
	secret := TokenPrefix + rand.Text()
	token.Hash = digest(secret)
	if token, err = s.repository.CreateToken(ctx, token); err != nil {
		return Token{}, "", fmt.Errorf("make token: %w", err)
	}
	return token, secret, nil
}

// Token returns whose token the secret is of.
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
			return Principal{}, fmt.Errorf("note that the token is used: %w", err)
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
