package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
)

// AllowLogin answers POST /api/v1/logins: a person at a browser allows a command line to act for them, or refuses.
func (s *server) AllowLogin(w http.ResponseWriter, r *http.Request) {
	var body AllowLogin
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	login := auth.NewLogin{Device: body.Device, Challenge: body.Challenge, Redirect: body.Redirect, State: body.State}
	note(r).on(body.Device)
	var address string
	var err error
	if body.Allow {
		note(r).did("login.allow")
		address, err = s.accounts.AllowLogin(r.Context(), auth.FromContext(r.Context()), login)
	} else {
		note(r).did("login.refuse")
		address, err = s.accounts.RefuseLogin(login)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, LoginAnswer{Redirect: address})
}

// ExchangeLogin answers POST /api/v1/logins/exchange: a command line exchanges its code for a token.
func (s *server) ExchangeLogin(w http.ResponseWriter, r *http.Request) {
	var body ExchangeLogin
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	issued, err := s.accounts.ExchangeLogin(r.Context(), body.Code, body.Verifier, body.Redirect)
	note(r).actor = issued.User
	note(r).on(issued.Token.Name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusCreated, NewToken{Secret: issued.Secret, Token: tokenResponse(issued.Token)})
}
