package auth_test

import (
	"testing"

	testclock "k8s.io/utils/clock/testing"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
)

// TestCreateFirstAdmin creates the account once: not beside another administrator, and not in place of an account that has the address.
func TestCreateFirstAdmin(t *testing.T) {
	const email = "first@example.com"
	tests := map[string]struct {
		before []auth.NewUser
		want   auth.Role // of the account with the address; empty for none
	}{
		"Empty":        {nil, auth.Admin},
		"Merchants":    {[]auth.NewUser{{Email: "me@example.com", Password: password}}, auth.Admin},
		"Again":        {[]auth.NewUser{{Email: email, Password: "another " + password, Role: auth.Admin}}, auth.Admin},
		"Other":        {[]auth.NewUser{{Email: "admin@example.com", Password: password, Role: auth.Admin}}, ""},
		"AddressTaken": {[]auth.NewUser{{Email: email, Password: "another " + password}}, auth.Merchant},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, repository auth.Repository) {
				service := auth.New(repository, testclock.NewFakePassiveClock(begin()), auth.Options{})
				for _, user := range test.before {
					if _, err := service.CreateUser(t.Context(), user); err != nil {
						t.Fatal(err)
					}
				}
				for range 2 {
					if err := service.CreateFirstAdmin(t.Context(), email, password); err != nil {
						t.Fatal(err)
					}
				}
				user, err := repository.UserByEmail(t.Context(), email)
				if test.want == "" {
					expectKind(t, "the address", err, problem.NotFound)
					return
				}
				if err != nil || user.Role != test.want {
					t.Fatalf("the account is %+v (%v), want %s", user, err, test.want)
				}
				created := len(test.before) == 0 || name == "Merchants"
				if _, err := service.SignIn(t.Context(), email, password, client); (err == nil) != created {
					t.Errorf("signing in with the first password: %v", err)
				}
			})
		})
	}
	t.Run("InvalidAddress", func(t *testing.T) {
		onEach(t, func(t *testing.T, repository auth.Repository) {
			service := auth.New(repository, testclock.NewFakePassiveClock(begin()), auth.Options{})
			expectKind(t, "no address", service.CreateFirstAdmin(t.Context(), "admin@localhost", password), problem.Invalid)
		})
	})
}
