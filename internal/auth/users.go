package auth

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"shopflow.dev/shopflow/internal/problem"
)

// The limits of what people choose, in characters.
const (
	minPassword = 10
	maxPassword = 200
	maxName     = 80
	maxEmail    = 254
)

// NewUser is what a user begins with.
type NewUser struct {
	Email    string
	Name     string // empty means the address
	Password string
	Role     Role // empty means Merchant
}

// SignUp makes an account for whoever asks, where that is allowed.
func (s *Service) SignUp(ctx context.Context, wish NewUser) (User, error) {
	if !s.options.SignUp {
		return User{}, problem.Errorf(problem.SignUpClosed, "Only an administrator makes accounts here")
	}
	if wish.Role != "" && wish.Role != Merchant {
		return User{}, problem.Errorf(problem.Forbidden, "Only an administrator chooses a role")
	}
	return s.CreateUser(ctx, wish)
}

// CreateUser makes an account with a password.
func (s *Service) CreateUser(ctx context.Context, wish NewUser) (User, error) {
	email, name, role := normal(wish.Email), strings.TrimSpace(wish.Name), cmp.Or(wish.Role, Merchant)
	var fields problem.Fields
	fields.Add("email", validateEmail(email))
	fields.Add("name", validateName(name))
	fields.Add("password", validatePassword(wish.Password, email))
	fields.Add("role", validateRole(role))
	if err := fields.Err(); err != nil {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, wish.Password)
	if err != nil {
		return User{}, err
	}
	user := User{Email: email, Name: cmp.Or(name, email), Role: role, PasswordHash: hash, CreatedAt: s.now()}
	if user, err = s.repository.CreateUser(ctx, user, nil); err != nil {
		return User{}, fmt.Errorf("make user: %w", err)
	}
	return user, nil
}

// Users returns everybody, sorted by address.
func (s *Service) Users(ctx context.Context) ([]User, error) {
	users, err := s.repository.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

// User returns the user with the id.
func (s *Service) User(ctx context.Context, id string) (User, error) {
	user, err := s.repository.User(ctx, id)
	if err != nil {
		return User{}, fmt.Errorf("find user: %w", err)
	}
	return user, nil
}

// Changes are what an administrator changes of a user; nil stays as it is.
type Changes struct {
	Name     *string
	Role     *Role
	Disabled *bool
	Password *string
}

// UpdateUser changes a user. A new password or role, and being disabled, end the user's sessions; a new password also ends a lock.
func (s *Service) UpdateUser(ctx context.Context, id string, changes Changes) (User, error) {
	user, err := s.User(ctx, id)
	if err != nil {
		return User{}, err
	}
	var fields problem.Fields
	if changes.Name != nil {
		fields.Add("name", validateName(strings.TrimSpace(*changes.Name)))
	}
	if changes.Role != nil {
		fields.Add("role", validateRole(*changes.Role))
	}
	hash := ""
	if changes.Password != nil {
		fields.Add("password", validatePassword(*changes.Password, user.Email))
	}
	if err := fields.Err(); err != nil {
		return User{}, err
	}
	if changes.Password != nil {
		if hash, err = s.hasher.hash(ctx, *changes.Password); err != nil {
			return User{}, err
		}
	}
	before := user
	user, err = s.repository.UpdateUser(ctx, id, func(user *User) {
		if changes.Name != nil {
			user.Name = cmp.Or(strings.TrimSpace(*changes.Name), user.Email)
		}
		if changes.Role != nil {
			user.Role = *changes.Role
		}
		if changes.Disabled != nil {
			user.Disabled = *changes.Disabled
		}
		user.PasswordHash = cmp.Or(hash, user.PasswordHash)
	})
	if err != nil {
		return User{}, fmt.Errorf("change user: %w", err)
	}
	if hash == "" && user.Role == before.Role && !user.Disabled {
		return user, nil
	}
	if err := s.repository.DeleteSessions(ctx, id, nil); err != nil {
		return User{}, fmt.Errorf("end the user's sessions: %w", err)
	}
	return user, nil
}

// DeleteUser deletes a user. Stores are not accounts' business: the caller sees to it that the user owns none.
func (s *Service) DeleteUser(ctx context.Context, id string) error {
	if err := s.repository.DeleteUser(ctx, id); err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}

// UpdateAccount changes the principal's own name, password or both; empty stays as it is. A new password ends all sessions but
// the one that it comes from.
func (s *Service) UpdateAccount(ctx context.Context, p Principal, name *string, current, password string) (User, error) {
	if p.Via == ViaBootstrap {
		return User{}, problem.Errorf(problem.Forbidden, "The bootstrap token belongs to no account")
	}
	var fields problem.Fields
	if name != nil {
		fields.Add("name", validateName(strings.TrimSpace(*name)))
	}
	if password != "" {
		fields.Add("newPassword", validatePassword(password, p.User.Email))
	}
	if err := fields.Err(); err != nil {
		return User{}, err
	}
	hash := ""
	if password != "" {
		if err := s.confirm(ctx, p.User, current); err != nil {
			return User{}, err
		}
		var err error
		if hash, err = s.hasher.hash(ctx, password); err != nil {
			return User{}, err
		}
	}
	user, err := s.repository.UpdateUser(ctx, p.User.ID, func(user *User) {
		if name != nil {
			user.Name = cmp.Or(strings.TrimSpace(*name), user.Email)
		}
		user.PasswordHash = cmp.Or(hash, user.PasswordHash)
	})
	if err != nil {
		return User{}, fmt.Errorf("change the account: %w", err)
	}
	if hash == "" {
		return user, nil
	}
	if err := s.repository.DeleteSessions(ctx, user.ID, p.session); err != nil {
		return User{}, fmt.Errorf("end the other sessions: %w", err)
	}
	return user, nil
}

// confirm checks the present password of who is signed in. Failures count like those of signing in.
func (s *Service) confirm(ctx context.Context, user User, password string) error {
	key := digest("confirm " + user.ID)
	if err := s.attempt(ctx, key, freeFailures); err != nil {
		return err
	}
	right, err := s.hasher.check(ctx, user.PasswordHash, password)
	if err != nil {
		return err
	}
	if !right {
		return problem.Fields{{Name: "currentPassword", Message: "This is not the current password"}}.Err()
	}
	if err := s.repository.DeleteAttempts(ctx, key); err != nil {
		return fmt.Errorf("forget failures: %w", err)
	}
	return nil
}

// Address returns the one form in which an e-mail address is kept and compared, and nothing for what is no address.
func Address(text string) string {
	email := normal(text)
	if validateEmail(email) != "" {
		return ""
	}
	return email
}

func validateEmail(email string) string {
	pattern := regexp.MustCompile(`^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$`)
	if len(email) > maxEmail || !pattern.MatchString(email) {
		return "This is not an e-mail address such as me@example.com"
	}
	return ""
}

func validateName(name string) string {
	switch {
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("A name has at most %d characters", maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "A name has no control characters"
	default:
		return ""
	}
}

func validatePassword(password, email string) string {
	length := utf8.RuneCountInString(password)
	switch {
	case length < minPassword:
		return fmt.Sprintf("A password has at least %d characters", minPassword)
	case length > maxPassword:
		return fmt.Sprintf("A password has at most %d characters", maxPassword)
	case normal(password) == email:
		return "A password is something else than the e-mail address"
	default:
		return ""
	}
}

func validateRole(role Role) string {
	if role != Merchant && role != Admin {
		return "Choose merchant or admin"
	}
	return ""
}
