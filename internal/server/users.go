package server

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/feed"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/stores"
)

// ListUsers answers GET /api/v1/users.
func (s *server) ListUsers(w http.ResponseWriter, r *http.Request) {
	users, err := s.accounts.Users(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := UserList{Items: make([]User, 0, len(users))}
	for _, user := range users {
		list.Items = append(list.Items, userResponse(user))
	}
	s.encode(w, r, http.StatusOK, list)
}

// CreateUser answers POST /api/v1/users: an administrator creates any user, a guest signs up.
func (s *server) CreateUser(w http.ResponseWriter, r *http.Request) {
	var body CreateUser
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	newUser := auth.NewUser{Email: body.Email, Name: body.Name, Password: body.Password, Role: auth.Role(body.Role)}
	p := auth.FromContext(r.Context())
	var user auth.User
	var err error
	switch {
	case p.HasScope(auth.Administer):
		user, err = s.accounts.CreateUser(r.Context(), newUser)
	case p.Via == "":
		user, err = s.accounts.SignUp(r.Context(), newUser)
		if err == nil {
			_, err = s.startSession(w, r, user)
		}
	default:
		err = forbidden()
	}
	if actor := cmp.Or(p.User, user); actor.ID != "" { // A guest who is refused changes nothing, and would fill the audit log.
		note(r).actor = actor
		note(r).on(body.Email)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Location", "/api/v1/users/"+user.ID)
	s.encode(w, r, http.StatusCreated, userResponse(user))
}

// GetUser answers GET /api/v1/users/{id}.
func (s *server) GetUser(w http.ResponseWriter, r *http.Request, id ID) {
	user, err := s.accounts.User(r.Context(), id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, userResponse(user))
}

// UpdateUser answers PATCH /api/v1/users/{id}.
func (s *server) UpdateUser(w http.ResponseWriter, r *http.Request, id ID) {
	var body UpdateUser
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	note(r).did(userActions(body)...)
	user, err := s.accounts.UpdateUser(r.Context(), id, auth.Changes{
		Name: body.Name, Role: (*auth.Role)(body.Role), Disabled: body.Disabled, Password: body.Password,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	note(r).on(user.Email)
	s.encode(w, r, http.StatusOK, userResponse(user))
}

// userActions names what an administrator wants to change of a user, for the audit log.
func userActions(body UpdateUser) []string {
	var actions []string
	add := func(wanted bool, action string) {
		if wanted {
			actions = append(actions, action)
		}
	}
	add(body.Name != nil, "user.rename")
	add(body.Password != nil, "user.password")
	add(body.Disabled != nil && *body.Disabled, "user.disable")
	add(body.Disabled != nil && !*body.Disabled, "user.enable")
	if body.Role != nil {
		add(true, "user.role."+string(*body.Role))
	}
	return actions
}

// DeleteUser answers DELETE /api/v1/users/{id}.
func (s *server) DeleteUser(w http.ResponseWriter, r *http.Request, id ID) {
	if err := s.deleteUser(r, id); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// deleteUser deletes a user who owns no store. It first disables the user and checks again, so that no store is created meanwhile. It
// continues when the client leaves.
func (s *server) deleteUser(r *http.Request, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), requestTimeout)
	defer cancel()
	user, err := s.accounts.User(ctx, id)
	if err != nil {
		return err
	}
	if err := s.requireNoStores(id); err != nil {
		return err
	}
	disabled := true
	if _, err := s.accounts.UpdateUser(ctx, id, auth.Changes{Disabled: &disabled}); err != nil {
		return err
	}
	err = s.requireNoStores(id)
	if err == nil {
		err = s.accounts.DeleteUser(ctx, id)
	}
	if err == nil {
		return nil
	}
	if _, restoreErr := s.accounts.UpdateUser(ctx, id, auth.Changes{Disabled: &user.Disabled}); restoreErr != nil {
		return fmt.Errorf("%w; the user stays disabled: %w", err, restoreErr)
	}
	return err
}

// requireNoStores returns an error if the user owns a store.
func (s *server) requireNoStores(id string) error {
	if !s.synced() {
		return notSynced()
	}
	owned, err := s.feed.List(stores.Viewer{Owner: id}, feed.Query{Limit: 1})
	if err == nil && owned.Total > 0 {
		err = problem.Errorf(problem.UserOwnsStores, "This user owns stores. Delete them first.")
	}
	return err
}

func userResponse(user auth.User) User {
	response := User{
		ID: user.ID, Email: user.Email, Name: user.Name, Role: Role(user.Role), Disabled: user.Disabled,
		HasPassword: user.PasswordHash != "", CreatedAt: user.CreatedAt,
	}
	if !user.LastSignInAt.IsZero() {
		response.LastSignInAt = &user.LastSignInAt
	}
	return response
}
