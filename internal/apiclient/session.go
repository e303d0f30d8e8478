package apiclient

import (
	"context"
	"net/http"
)

// SignIn signs in with an address and a password, creates an API token with all scopes of the user, and signs out again. It needs no
// token. With a *SignOutError the token and the session are returned as well.
func (p *Platform) SignIn(ctx context.Context, email, password, name string) (NewToken, Session, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	signedIn, err := p.api.SignInWithResponse(ctx, SignIn{Email: email, Password: password})
	if err != nil {
		return NewToken{}, Session{}, p.unreachable(err)
	}
	session, err := result(signedIn.JSON200, signedIn.HTTPResponse, signedIn.ApplicationProblemJSONDefault)
	if err != nil {
		return NewToken{}, Session{}, err
	}
	withCookies := func(_ context.Context, r *http.Request) error {
		for _, cookie := range signedIn.HTTPResponse.Cookies() {
			r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value}) //nolint:gosec // sent, not set
		}
		return nil
	}
	created, err := p.api.CreateTokenWithResponse(ctx, CreateToken{Name: name, Scopes: session.Scopes}, withCookies)
	if err != nil {
		return NewToken{}, Session{}, p.unreachable(err)
	}
	token, err := result(created.JSON201, created.HTTPResponse, created.ApplicationProblemJSONDefault)
	if err != nil {
		return NewToken{}, Session{}, err
	}
	signedOut, err := p.api.SignOutWithResponse(ctx, withCookies)
	if err != nil {
		return token, session, &SignOutError{p.unreachable(err)}
	}
	if err := done(signedOut.HTTPResponse, signedOut.ApplicationProblemJSONDefault); err != nil {
		return token, session, &SignOutError{err}
	}
	return token, session, nil
}

// ExchangeLogin returns the API token for the code that a browser delivered. It needs no token.
func (p *Platform) ExchangeLogin(ctx context.Context, exchange ExchangeLogin) (NewToken, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ExchangeLoginWithResponse(ctx, exchange)
	if err != nil {
		return NewToken{}, p.unreachable(err)
	}
	return result(answer.JSON201, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Session returns the account that the client is signed in with.
func (p *Platform) Session(ctx context.Context) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.GetSessionWithResponse(ctx)
	if err != nil {
		return Session{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}
