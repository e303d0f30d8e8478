package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
)

// ListTokens answers GET /api/v1/tokens.
func (s *server) ListTokens(w http.ResponseWriter, r *http.Request) {
	tokens, err := s.accounts.Tokens(r.Context(), auth.FromContext(r.Context()))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := TokenList{Items: make([]Token, 0, len(tokens))}
	for _, token := range tokens {
		list.Items = append(list.Items, tokenResponse(token))
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
	note(r).on(body.Name)
	request := auth.NewToken{Name: body.Name, ExpiresAt: body.ExpiresAt}
	for _, scope := range body.Scopes {
		request.Scopes = append(request.Scopes, auth.Scope(scope))
	}
	token, secret, err := s.accounts.CreateToken(r.Context(), auth.FromContext(r.Context()), request)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusCreated, NewToken{Secret: secret, Token: tokenResponse(token)})
}

// RevokeToken answers DELETE /api/v1/tokens/{id}.
func (s *server) RevokeToken(w http.ResponseWriter, r *http.Request, id ID) {
	token, err := s.accounts.RevokeToken(r.Context(), auth.FromContext(r.Context()), id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	note(r).on(token.Name)
	w.WriteHeader(http.StatusNoContent)
}

func tokenResponse(token auth.Token) Token {
	response := Token{ID: token.ID, Name: token.Name, Scopes: make([]Scope, 0, len(token.Scopes)), CreatedAt: token.CreatedAt, ExpiresAt: token.ExpiresAt}
	for _, scope := range token.Scopes {
		response.Scopes = append(response.Scopes, Scope(scope))
	}
	if !token.LastUsedAt.IsZero() {
		response.LastUsedAt = &token.LastUsedAt
	}
	return response
}
