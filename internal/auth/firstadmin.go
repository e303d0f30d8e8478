package auth

import (
	"context"
	"fmt"
	"slices"

	"shopflow.dev/shopflow/internal/problem"
)

// CreateFirstAdmin creates an administrator's account if there is no administrator. An account that has the address stays as it is.
func (s *Service) CreateFirstAdmin(ctx context.Context, email, password string) error {
	users, err := s.Users(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(users, func(user User) bool { return user.Role == Admin }) {
		return nil
	}
	_, err = s.CreateUser(ctx, NewUser{Email: email, Name: "Administrator", Password: password, Role: Admin})
	if err != nil && !problem.IsKind(err, problem.UserConflict) { // Another server that started at the same time was first.
		return fmt.Errorf("create the first administrator: %w", err)
	}
	return nil
}
