package apiclient

import "context"

// CreateToken creates an API token.
func (p *Platform) CreateToken(ctx context.Context, settings CreateToken) (NewToken, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.CreateTokenWithResponse(ctx, settings)
	if err != nil {
		return NewToken{}, p.unreachable(err)
	}
	return result(answer.JSON201, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Tokens returns the account's API tokens.
func (p *Platform) Tokens(ctx context.Context) (TokenList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListTokensWithResponse(ctx)
	if err != nil {
		return TokenList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// RevokeToken revokes one of the account's API tokens.
func (p *Platform) RevokeToken(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.RevokeTokenWithResponse(ctx, id)
	if err != nil {
		return p.unreachable(err)
	}
	return done(answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}
