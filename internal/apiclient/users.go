package apiclient

import (
	"context"
	"net/http"
)

// CreateUser creates a user.
func (p *Platform) CreateUser(ctx context.Context, settings CreateUser) (User, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.CreateUserWithResponse(ctx, settings)
	if err != nil {
		return User{}, p.unreachable(err)
	}
	return result(answer.JSON201, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Users returns every user.
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

// DeleteUser deletes a user who owns no store.
func (p *Platform) DeleteUser(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.DeleteUserWithResponse(ctx, id)
	if err != nil {
		return p.unreachable(err)
	}
	if answer.StatusCode() != http.StatusNoContent {
		return newError(answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
	}
	return nil
}
