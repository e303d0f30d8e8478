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

var emailPattern = regexp.MustCompile(`^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$`)

// NewUser is a request for an account.
type NewUser struct {
	Email    string
	Name     string // empty means the address
	Password string
	Role     Role // empty means Merchant
}

// SignUp creates an account for anybody, where that is allowed.
func (s *Service) SignUp(ctx context.Context, request NewUser) (User, error) {
	if !s.options.SignUp {
		return User{}, problem.Errorf(problem.SignUpClosed, "Sign-up is closed. Ask an administrator for an account.")
	}
	if request.Role != "" && request.Role != Merchant {
		return User{}, problem.Errorf(problem.Forbidden, "Only an administrator can choose a role")
	}
	return s.CreateUser(ctx, request)
}

// CreateUser creates an account with a password.
func (s *Service) CreateUser(ctx context.Context, request NewUser) (User, error) {
	email, name, role := normalizeEmail(request.Email), strings.TrimSpace(request.Name), cmp.Or(request.Role, Merchant)
	var fields problem.Fields
	fields.Add("email", validateEmail(email))
	fields.Add("name", validateName(name))
	fields.Add("password", validatePassword(request.Password, email))
	fields.Add("role", validateRole(role))
	if err := fields.Err(); err != nil {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, request.Password)
	if err != nil {
		return User{}, err
	}
	user := User{Email: email, Name: cmp.Or(name, email), Role: role, PasswordHash: hash, CreatedAt: s.now()}
	if user, err = s.repository.CreateUser(ctx, user, nil); err != nil {
		return User{}, fmt.Errorf("create user: %w", err)
	}
	return user, nil
}

// Users returns all users, by address.
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

// Changes are what an administrator changes of a user; nil keeps the value.
type Changes struct {
	Name     *string
	Role     *Role
	Disabled *bool
	Password *string
}

// UpdateUser changes a user. A new password or role, and being disabled, end the user's sessions; a new password also ends a lockout.
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
		return User{}, fmt.Errorf("update user: %w", err)
	}
	if hash == "" && user.Role == before.Role && !user.Disabled {
		return user, nil
	}
	if err := s.repository.DeleteSessions(ctx, id, nil); err != nil {
		return User{}, fmt.Errorf("end the user's sessions: %w", err)
	}
	return user, nil
}

// DeleteUser deletes a user. The caller makes sure that the user owns no store: accounts know nothing of stores.
func (s *Service) DeleteUser(ctx context.Context, id string) error {
	if err := s.repository.DeleteUser(ctx, id); err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}

// UpdateAccount changes the principal's own name, password or both; empty keeps the value. A new password ends all sessions except
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
		return User{}, fmt.Errorf("update the account: %w", err)
	}
	if hash == "" {
		return user, nil
	}
	if err := s.repository.DeleteSessions(ctx, user.ID, p.session); err != nil {
		return User{}, fmt.Errorf("end the other sessions: %w", err)
	}
	return user, nil
}

// confirm checks the current password of the signed-in user. Failures count like those of signing in.
func (s *Service) confirm(ctx context.Context, user User, password string) error {
	key := digest("confirm " + user.ID)
	if err := s.countAttempt(ctx, key, allowedFailures); err != nil {
		return err
	}
	right, err := s.hasher.check(ctx, user.PasswordHash, password)
	if err != nil {
		return err
	}
	if !right {
		return problem.Fields{{Name: "currentPassword", Message: "The current password is wrong"}}.Err()
	}
	if err := s.repository.DeleteAttempts(ctx, key); err != nil {
		return fmt.Errorf("delete failures: %w", err)
	}
	return nil
}

// NormalizeEmail returns the form in which an email address is stored and compared; empty if the text is no email address.
func NormalizeEmail(text string) string {
	email := normalizeEmail(text)
	if validateEmail(email) != "" {
		return ""
	}
	return email
}

func validateEmail(email string) string {
	if len(email) > maxEmail || !emailPattern.MatchString(email) {
		return "Enter an email address such as me@example.com"
	}
	return ""
}

func validateName(name string) string {
	switch {
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("A name can have at most %d characters", maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "A name cannot have control characters"
	default:
		return ""
	}
}

func validatePassword(password, email string) string {
	length := utf8.RuneCountInString(password)
	switch {
	case length < minPassword:
		return fmt.Sprintf("A password needs at least %d characters", minPassword)
	case length > maxPassword:
		return fmt.Sprintf("A password can have at most %d characters", maxPassword)
	case normalizeEmail(password) == email:
		return "The password must differ from the email address"
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
