package apiclient

import (
	"context"
	"net/http"
)

// SignIn signs in with an address and a password, makes an API token that may do all that the user may, and signs out again. It
// needs no token. With a *SignOutError the token and the session are returned, too.
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
	made, err := p.api.CreateTokenWithResponse(ctx, CreateToken{Name: name, Scopes: session.Scopes}, withCookies)
	if err != nil {
		return NewToken{}, Session{}, p.unreachable(err)
	}
	token, err := result(made.JSON201, made.HTTPResponse, made.ApplicationProblemJSONDefault)
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

// ExchangeLogin returns the API token for the code that a browser brought. It needs no token.
func (p *Platform) ExchangeLogin(ctx context.Context, exchange ExchangeLogin) (NewToken, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ExchangeLoginWithResponse(ctx, exchange)
	if err != nil {
		return NewToken{}, p.unreachable(err)
	}
	return result(answer.JSON201, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Session returns whom the platform takes the client for.
func (p *Platform) Session(ctx context.Context) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.GetSessionWithResponse(ctx)
	if err != nil {
		return Session{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// CreateToken makes an API token.
func (p *Platform) CreateToken(ctx context.Context, wish CreateToken) (NewToken, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.CreateTokenWithResponse(ctx, wish)
	if err != nil {
		return NewToken{}, p.unreachable(err)
	}
	return result(answer.JSON201, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Tokens returns one's own API tokens.
func (p *Platform) Tokens(ctx context.Context) (TokenList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListTokensWithResponse(ctx)
	if err != nil {
		return TokenList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// RevokeToken ends one of one's own API tokens.
func (p *Platform) RevokeToken(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.RevokeTokenWithResponse(ctx, id)
	if err != nil {
		return p.unreachable(err)
	}
	return done(answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// CreateUser makes a user.
func (p *Platform) CreateUser(ctx context.Context, wish CreateUser) (User, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.CreateUserWithResponse(ctx, wish)
	if err != nil {
		return User{}, p.unreachable(err)
	}
	return result(answer.JSON201, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Users returns everybody.
func (p *Platform) Users(ctx context.Context) (UserList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListUsersWithResponse(ctx)
	if err != nil {
		return UserList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// UpdateUser changes a user.
func (p *Platform) UpdateUser(ctx context.Context, id string, changes UpdateUser) (User, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.UpdateUserWithResponse(ctx, id, changes)
	if err != nil {
		return User{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// done returns the error that an answer without content is, or nil.
func done(response *http.Response, problem *Problem) error {
	if response.StatusCode == http.StatusNoContent {
		return nil
	}
	return newError(response, problem)
}
