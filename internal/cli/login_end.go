package cli

import (
	"context"
	"fmt"

	"shopflow.dev/shopflow/internal/apiclient"
)

// endToken ends the token that a login made, if it did. One that is of no use any more needs no end.
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
		return fmt.Errorf("the token is still good, since it could not be ended: %w", err)
	}
	return nil
}

// endOld ends the token of the login to the same platform that a new one has taken the place of: nobody would know it any more. It is
// sent by itself, since the new login may be another person's.
func endOld(ctx context.Context, s Streams, old, login apiclient.Config) {
	if old.Token == login.Token || !apiclient.SameServer(old.Server, login.Server) {
		return
	}
	if err := endToken(ctx, old); err != nil {
		fmt.Fprintf(s.Err, "Warning: token %s of the login before: %v\n", old.TokenID, err)
	}
}
