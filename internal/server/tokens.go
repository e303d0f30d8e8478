package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
)

// ListTokens answers GET /api/v1/tokens.
func (s *server) ListTokens(w http.ResponseWriter, r *http.Request) {
	tokens, err := s.accounts.Tokens(r.Context(), auth.From(r.Context()))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := TokenList{Items: make([]Token, 0, len(tokens))}
	for _, token := range tokens {
		list.Items = append(list.Items, presentToken(token))
	}
	s.encode(w, r, http.StatusOK, list)
}

// CreateToken answers POST /api/v1/tokens.
func (s *server) CreateToken(w http.ResponseWriter, r *http.Request) {
	var body CreateToken
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	wish := auth.NewToken{Name: body.Name, ExpiresAt: body.ExpiresAt}
	for _, scope := range body.Scopes {
		wish.Scopes = append(wish.Scopes, auth.Scope(scope))
	}
	token, secret, err := s.accounts.CreateToken(r.Context(), auth.From(r.Context()), wish)
	s.record(r, "token.create", body.Name, err)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusCreated, NewToken{Secret: secret, Token: presentToken(token)})
}

// RevokeToken answers DELETE /api/v1/tokens/{id}.
func (s *server) RevokeToken(w http.ResponseWriter, r *http.Request, id ID) {
	token, err := s.accounts.RevokeToken(r.Context(), auth.From(r.Context()), id)
	target := token.Name
	if err != nil {
		target = id
	}
	s.record(r, "token.revoke", target, err)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func presentToken(token auth.Token) Token {
	shown := Token{ID: token.ID, Name: token.Name, Scopes: make([]Scope, 0, len(token.Scopes)), CreatedAt: token.CreatedAt, ExpiresAt: token.ExpiresAt}
	for _, scope := range token.Scopes {
		shown.Scopes = append(shown.Scopes, Scope(scope))
	}
	if !token.LastUsedAt.IsZero() {
		shown.LastUsedAt = &token.LastUsedAt
	}
	return shown
}
