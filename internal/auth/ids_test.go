package auth_test

import (
	"strings"
	"testing"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
)

// TestAnyTextMayBeAnID looks up users by other spellings of their ids, and by texts that are no id.
func TestAnyTextMayBeAnID(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, _, admin, merchant := open(t, repository)
		_, me, err := service.StartSession(t.Context(), merchant)
		mustDo(t, err)
		token, secret, err := service.CreateToken(t.Context(), me, auth.NewToken{Name: "ci", Scopes: []auth.Scope{auth.StoresRead}})
		mustDo(t, err)
		for _, id := range []string{
			"", "admin", "' OR true", "\x00", strings.Repeat("x", 36), strings.ReplaceAll(admin.ID, "-", ""), "{" + admin.ID + "}", "urn:uuid:" + admin.ID, admin.ID + " ",
			strings.Replace(admin.ID, "-", "x", 1), "00000000-0000-0000-0000-00000000000g", "99999999-9999-4999-8999-999999999999",
		} {
			_, err := service.User(t.Context(), id)
			expectKind(t, "show "+id, err, problem.NotFound)
			_, err = repository.UpdateUser(t.Context(), id, func(*auth.User) {})
			expectKind(t, "change "+id, err, problem.NotFound)
			expectKind(t, "delete "+id, service.DeleteUser(t.Context(), id), problem.NotFound)
			_, err = service.RevokeToken(t.Context(), me, id)
			expectKind(t, "revoke "+id, err, problem.NotFound)
			_, err = repository.DeleteToken(t.Context(), id, token.ID)
			expectKind(t, "revoke as "+id, err, problem.NotFound)
			mustDo(t, repository.DeleteSessions(t.Context(), id, nil))
			mustDo(t, repository.TouchToken(t.Context(), id, begin().Add(time.Hour)))
			if tokens, err := repository.Tokens(t.Context(), id); err != nil || len(tokens) > 0 {
				t.Errorf("tokens of %q: %v, %v", id, tokens, err)
			}
		}
		if user, err := service.User(t.Context(), admin.ID); err != nil || user.ID != admin.ID {
			t.Errorf("the user by the id itself: %+v, %v", user, err)
		}
		if p, err := service.Token(t.Context(), secret); err != nil || p.User.ID != merchant.ID {
			t.Errorf("the token is of %+v: %v", p, err)
		}
		if _, err := service.RevokeToken(t.Context(), me, token.ID); err != nil {
			t.Error(err)
		}
	})
}
