package cli

import (
	"context"
	"fmt"

	"shopflow.dev/shopflow/internal/apiclient"
)

// endToken ends the token that a login made, if it did. A token that is revoked already is no error.
func endToken(ctx context.Context, login apiclient.Config) error {
	if login.TokenID == "" {
		return nil
	}
	platform, err := connect(login)
	if err != nil {
		return err
	}
	err = platform.RevokeToken(ctx, login.TokenID)
	if err != nil && !apiclient.IsCode(err, apiclient.ProblemCodeUnauthorized) && !apiclient.IsCode(err, apiclient.ProblemCodeNotFound) {
		return fmt.Errorf("the token could not be revoked and is still valid: %w", err)
	}
	return nil
}

// endOld revokes the token of the previous login to the same platform, which the new one replaced. The old token authorizes its own
// revocation, since the new login may be another person's.
func endOld(ctx context.Context, s Streams, old, login apiclient.Config) {
	if old.Token == login.Token || !apiclient.SameServer(old.Server, login.Server) {
		return
	}
	if err := endToken(ctx, old); err != nil {
		fmt.Fprintf(s.Err, "Warning: token %s of the previous login: %v\n", old.TokenID, err)
	}
}
