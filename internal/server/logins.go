package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
)

// AllowLogin answers POST /api/v1/logins: somebody at a browser allows a command line to act for them, or refuses.
func (s *server) AllowLogin(w http.ResponseWriter, r *http.Request) {
	var body AllowLogin
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	wish := auth.NewLogin{Device: body.Device, Challenge: body.Challenge, Redirect: body.Redirect, State: body.State}
	action := "login.refuse"
	var address string
	var err error
	if body.Allow {
		action = "login.allow"
		address, err = s.accounts.AllowLogin(r.Context(), auth.From(r.Context()), wish)
	} else {
		address, err = s.accounts.RefuseLogin(wish)
	}
	s.record(r, action, body.Device, err)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, LoginAnswer{Redirect: address})
}

// ExchangeLogin answers POST /api/v1/logins/exchange: a command line takes the token that it was allowed.
func (s *server) ExchangeLogin(w http.ResponseWriter, r *http.Request) {
	var body ExchangeLogin
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	issued, err := s.accounts.ExchangeLogin(r.Context(), body.Code, body.Verifier, body.Redirect)
	s.recordAs(r, issued.User, "token.create", issued.Token.Name, err)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusCreated, NewToken{Secret: issued.Secret, Token: presentToken(issued.Token)})
}
