package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/auth/authtest"
	"shopflow.dev/shopflow/internal/problem"
)

const (
	password = "correct horse battery"
	client   = "192.0.2.1"
)

func begin() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// open returns a service with an administrator and a merchant.
func open(t *testing.T, repository auth.Repository) (service *auth.Service, clock *testclock.FakePassiveClock, admin, merchant auth.User) {
	t.Helper()
	clock = testclock.NewFakePassiveClock(begin())
	service = auth.New(repository, clock, auth.Options{SignUp: true})
	return service, clock, create(t, service, "admin@example.com", auth.Admin), create(t, service, "me@example.com", auth.Merchant)
}

func create(t *testing.T, service *auth.Service, email string, role auth.Role) auth.User {
	t.Helper()
	user, err := service.CreateUser(t.Context(), auth.NewUser{Email: email, Password: password, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func expectKind(t *testing.T, reason string, err error, kind problem.Kind) {
	t.Helper()
	if !problem.IsKind(err, kind) {
		t.Errorf("%s: %v, want an error of kind %d", reason, err, kind)
	}
}

func TestSignIn(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, _, _, merchant := open(t, repository)
		user, err := service.SignIn(t.Context(), " Me@Example.com", password, client)
		if err != nil || user.ID != merchant.ID {
			t.Fatalf("signed in as %q: %v", user.ID, err)
		}
		for reason, try := range map[string][2]string{
			"wrong password": {"me@example.com", "correct horse batterz"},
			"no such user":   {"you@example.com", password},
			"nothing":        {"", ""},
		} {
			_, err := service.SignIn(t.Context(), try[0], try[1], client)
			expectKind(t, reason, err, problem.SignInFailed)
		}
		disabled := true
		if _, err := service.UpdateUser(t.Context(), merchant.ID, auth.Changes{Disabled: &disabled}); err != nil {
			t.Fatal(err)
		}
		_, err = service.SignIn(t.Context(), "me@example.com", password, client)
		expectKind(t, "disabled", err, problem.SignInFailed)
	})
}

// TestLockOut fails until the address is locked: known and unknown ones alike, in a row as at once, and beyond a restart.
func TestLockOut(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, clock, _, merchant := open(t, repository)
		for _, email := range []string{"me@example.com", "unknown@example.com"} {
			clock.SetTime(begin())
			for range 5 {
				_, err := service.SignIn(t.Context(), email, "wrong password", client)
				expectKind(t, "free to fail", err, problem.SignInFailed)
			}
			restarted := auth.New(repository, clock, auth.Options{})
			_, err := restarted.SignIn(t.Context(), email, password, client)
			expectKind(t, "locked after a restart, even for the right password", err, problem.TooManyAttempts)
			if known, ok := errors.AsType[*problem.Error](err); !ok || known.RetryAfter != time.Minute {
				t.Errorf("%s: retry after %v", email, known)
			}
			clock.SetTime(begin().Add(61 * time.Second))
			_, err = service.SignIn(t.Context(), email, "wrong password", client)
			expectKind(t, "one more try", err, problem.SignInFailed)
			clock.SetTime(begin().Add(61*time.Second + 61*time.Second))
			_, err = service.SignIn(t.Context(), email, password, client)
			expectKind(t, "locked for twice as long", err, problem.TooManyAttempts)
		}
		clock.SetTime(begin().Add(time.Hour))
		if _, err := service.SignIn(t.Context(), "me@example.com", password, client); err != nil {
			t.Errorf("after the lock: %v", err)
		}
		_, err := service.SignIn(t.Context(), "me@example.com", "wrong password", client)
		expectKind(t, "a success forgets all failures", err, problem.SignInFailed)

		for range 5 {
			_, _ = service.SignIn(t.Context(), "me@example.com", "wrong password", client)
		}
		_, err = service.SignIn(t.Context(), "me@example.com", password, client)
		expectKind(t, "locked", err, problem.TooManyAttempts)
		another := "incorrect horse battery"
		if _, err := service.UpdateUser(t.Context(), merchant.ID, auth.Changes{Password: &another}); err != nil {
			t.Fatal(err)
		}
		if _, err := service.SignIn(t.Context(), "me@example.com", another, client); err != nil {
			t.Errorf("with a new password from an administrator: %v", err)
		}
	})
}

// TestLockOutIsOfTheNetwork fails from one network: others are locked only when there is far too much of it, and tries meanwhile
// do not lock theirs for longer.
func TestLockOutIsOfTheNetwork(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, clock, _, _ := open(t, repository)
		fail := func(from string) error {
			_, err := service.SignIn(t.Context(), "me@example.com", "wrong password", from)
			return err
		}
		for range 5 {
			expectKind(t, "free to fail", fail("2001:db8:0:1::"), problem.SignInFailed)
		}
		expectKind(t, "the same network", fail("2001:db8:0:1::"), problem.TooManyAttempts)
		expectKind(t, "another network", fail("2001:db8:0:2::"), problem.SignInFailed)
		for i := range 45 {
			expectKind(t, "many networks", fail(fmt.Sprintf("192.0.2.%d", i)), problem.SignInFailed)
		}
		for range 10 {
			expectKind(t, "far too many", fail("192.0.2.200"), problem.TooManyAttempts)
		}
		clock.SetTime(begin().Add(61 * time.Second))
		if _, err := service.SignIn(t.Context(), "me@example.com", password, "192.0.2.200"); err != nil {
			t.Errorf("after the lock for all: %v", err)
		}
	})
}

// TestSignInWithNoAddress sends what PostgreSQL would not even compare.
func TestSignInWithNoAddress(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, _, _, _ := open(t, repository)
		_, err := service.SignIn(t.Context(), "me\x00@example.com", password, client)
		expectKind(t, "no address", err, problem.SignInFailed)
	})
}

// TestWhoIsNotServedHasNotTried comes when there is no time for it.
func TestWhoIsNotServedHasNotTried(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, _, _, _ := open(t, repository)
		late, cancel := context.WithCancel(t.Context())
		cancel()
		for range 10 {
			_, err := service.SignIn(late, "me@example.com", password, client)
			expectKind(t, "too late", err, problem.Unavailable)
		}
		if _, err := service.SignIn(t.Context(), "me@example.com", password, client); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}

func TestLockOutCountsTriesAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, _, _, _ := open(t, repository)
		var group sync.WaitGroup
		failed := make(chan error, 20)
		for range cap(failed) {
			group.Go(func() {
				_, err := service.SignIn(t.Context(), "me@example.com", "wrong password", client)
				failed <- err
			})
		}
		group.Wait()
		close(failed)
		checked := 0
		for err := range failed {
			if problem.IsKind(err, problem.SignInFailed) {
				checked++
			} else if !problem.IsKind(err, problem.TooManyAttempts) {
				t.Error(err)
			}
		}
		if checked != 5 {
			t.Errorf("%d passwords were checked, want 5", checked)
		}
	})
}

// TestSameTime compares the best times of known and unknown addresses, in turns, so that a busy machine slows both. Without the dummy
// hash they differ by a factor of 100.
func TestSameTime(t *testing.T) {
	service, _, _, _ := open(t, authtest.NewMemory())
	const rounds = 4 // Fewer than what locks.
	best := map[string]time.Duration{}
	for range rounds {
		for _, email := range []string{"me@example.com", "unknown@example.com"} {
			start := time.Now()
			_, _ = service.SignIn(t.Context(), email, "wrong password", client)
			if took := time.Since(start); best[email] == 0 || took < best[email] {
				best[email] = took
			}
		}
	}
	known, unknown := best["me@example.com"], best["unknown@example.com"]
	if ratio := float64(known) / float64(unknown); ratio < 0.33 || ratio > 3 {
		t.Errorf("known addresses take %v, unknown ones %v", known, unknown)
	}
}

func TestSessions(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, clock, admin, merchant := open(t, repository)
		start := func(user auth.User) string {
			id, _, err := service.StartSession(t.Context(), user)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		id := start(merchant)
		p, err := service.Session(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		merchant.LastSignInAt = begin()
		if diff := cmp.Diff(merchant, p.User); diff != "" {
			t.Errorf("the session's user (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]auth.Scope{auth.StoresRead, auth.StoresWrite, auth.Account}, p.Scopes); diff != "" || p.SeesAll() {
			t.Errorf("a merchant may (-want +got):\n%s\nsees all: %t", diff, p.SeesAll())
		}
		boss, err := service.Session(t.Context(), start(admin))
		if err != nil || !boss.SeesAll() {
			t.Errorf("an administrator sees all: %t, %v", boss.SeesAll(), err)
		}
		_, err = service.Session(t.Context(), id+"x")
		expectKind(t, "another id", err, problem.Unauthenticated)

		clock.SetTime(begin().Add(6 * 24 * time.Hour))
		if _, err := service.Session(t.Context(), id); err != nil {
			t.Errorf("used within a week: %v", err)
		}
		clock.SetTime(begin().Add(12 * 24 * time.Hour))
		if _, err := service.Session(t.Context(), id); err != nil {
			t.Errorf("used again within a week: %v", err)
		}
		clock.SetTime(begin().Add(20 * 24 * time.Hour))
		_, err = service.Session(t.Context(), id)
		expectKind(t, "a week without a request", err, problem.Unauthenticated)

		clock.SetTime(begin())
		other, third := start(merchant), start(merchant)
		p, err = service.Session(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := service.UpdateAccount(t.Context(), p, nil, password, "another long password"); err != nil {
			t.Fatal(err)
		}
		if _, err := service.Session(t.Context(), other); err != nil {
			t.Errorf("the session that changed the password: %v", err)
		}
		_, err = service.Session(t.Context(), third)
		expectKind(t, "the other sessions", err, problem.Unauthenticated)
		if err := service.EndSession(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		_, err = service.Session(t.Context(), other)
		expectKind(t, "signed out", err, problem.Unauthenticated)
	})
}

func TestTokens(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, clock, admin, merchant := open(t, repository)
		signedIn := func(user auth.User) auth.Principal {
			_, p, err := service.StartSession(t.Context(), user)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		me, boss := signedIn(merchant), signedIn(admin)
		token, secret, err := service.CreateToken(t.Context(), me, auth.NewToken{Name: " ci ", Scopes: []auth.Scope{auth.StoresRead, auth.Account}})
		if err != nil || !strings.HasPrefix(secret, auth.TokenPrefix) || strings.Contains(string(token.Hash), secret) {
			t.Fatalf("token %+v: %v", token, err)
		}
		p, err := service.Token(t.Context(), secret)
		if err != nil || p.User.ID != merchant.ID || p.HasScope(auth.StoresWrite) || !p.HasScope(auth.StoresRead) {
			t.Fatalf("principal %+v: %v", p, err)
		}
		_, _, err = service.CreateToken(t.Context(), p, auth.NewToken{Name: "more", Scopes: []auth.Scope{auth.StoresWrite}})
		expectKind(t, "no token makes one that may do more", err, problem.Invalid)
		_, _, err = service.CreateToken(t.Context(), me, auth.NewToken{Name: "boss", Scopes: []auth.Scope{auth.Administer}})
		expectKind(t, "no merchant makes an administrator's", err, problem.Invalid)
		late := begin().Add(400 * 24 * time.Hour)
		_, _, err = service.CreateToken(t.Context(), me, auth.NewToken{Name: "late", Scopes: []auth.Scope{auth.StoresRead}, ExpiresAt: &late})
		expectKind(t, "too long a life", err, problem.Invalid)

		tokens, err := service.Tokens(t.Context(), me)
		if err != nil || len(tokens) != 1 || tokens[0].Name != "ci" || !tokens[0].LastUsedAt.Equal(begin()) {
			t.Errorf("tokens %+v: %v", tokens, err)
		}
		_, err = service.RevokeToken(t.Context(), boss, token.ID)
		expectKind(t, "of another user", err, problem.NotFound)
		clock.SetTime(begin().Add(91 * 24 * time.Hour))
		_, err = service.Token(t.Context(), secret)
		expectKind(t, "expired", err, problem.Unauthenticated)
		clock.SetTime(begin())
		if _, err := service.RevokeToken(t.Context(), me, token.ID); err != nil {
			t.Fatal(err)
		}
		_, err = service.Token(t.Context(), secret)
		expectKind(t, "revoked", err, problem.Unauthenticated)

		_, strong, err := service.CreateToken(t.Context(), boss, auth.NewToken{Name: "boss", Scopes: []auth.Scope{auth.Administer, auth.StoresRead}})
		if err != nil {
			t.Fatal(err)
		}
		create(t, service, "second@example.com", auth.Admin)
		role := auth.Merchant
		if _, err := service.UpdateUser(t.Context(), admin.ID, auth.Changes{Role: &role}); err != nil {
			t.Fatal(err)
		}
		if p, err := service.Token(t.Context(), strong); err != nil || p.SeesAll() || p.HasScope(auth.Administer) {
			t.Errorf("the token of who is no administrator any more: %+v, %v", p, err)
		}
	})
}

func TestUsers(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, _, admin, merchant := open(t, repository)
		_, err := service.CreateUser(t.Context(), auth.NewUser{Email: "ME@example.com", Password: password})
		expectKind(t, "the same address", err, problem.UserConflict)
		_, err = service.SignUp(t.Context(), auth.NewUser{Email: "x@example.com", Password: password, Role: auth.Admin})
		expectKind(t, "a role at sign-up", err, problem.Forbidden)
		_, err = auth.New(repository, testclock.NewFakePassiveClock(begin()), auth.Options{}).SignUp(t.Context(), auth.NewUser{Email: "x@example.com", Password: password})
		expectKind(t, "closed", err, problem.SignUpClosed)

		off, role := true, auth.Merchant
		for reason, changes := range map[string]auth.Changes{"disable": {Disabled: &off}, "demote": {Role: &role}} {
			_, err := service.UpdateUser(t.Context(), admin.ID, changes)
			expectKind(t, reason+" the last administrator", err, problem.LastAdministrator)
		}
		expectKind(t, "delete the last administrator", service.DeleteUser(t.Context(), admin.ID), problem.LastAdministrator)
		expectKind(t, "delete an unknown user", service.DeleteUser(t.Context(), "' OR true"), problem.NotFound)
		if err := service.DeleteUser(t.Context(), merchant.ID); err != nil {
			t.Fatal(err)
		}
		users, err := service.Users(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]auth.User{admin}, users); diff != "" {
			t.Errorf("users (-want +got):\n%s", diff)
		}
	})
}

func TestInput(t *testing.T) {
	service, _, _, _ := open(t, authtest.NewMemory())
	for name, test := range map[string]struct {
		request auth.NewUser
		fields  []string
	}{
		"Short":    {auth.NewUser{Email: "a@example.com", Password: "too short"}, []string{"password"}},
		"Long":     {auth.NewUser{Email: "a@example.com", Password: strings.Repeat("x", 201)}, []string{"password"}},
		"Address":  {auth.NewUser{Email: "someone@example.com", Password: "Someone@example.com"}, []string{"password"}},
		"NoEmail":  {auth.NewUser{Email: "a", Password: password}, []string{"email"}},
		"Header":   {auth.NewUser{Email: "a@example.com\nBcc: b@example.com", Password: password}, []string{"email"}},
		"Role":     {auth.NewUser{Email: "a@example.com", Password: password, Role: "root"}, []string{"role"}},
		"Name":     {auth.NewUser{Email: "a@example.com", Password: password, Name: "a\x00b"}, []string{"name"}},
		"AllAtOne": {auth.NewUser{Role: "x", Name: strings.Repeat("x", 81)}, []string{"email", "name", "password", "role"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := service.CreateUser(t.Context(), test.request)
			expectKind(t, name, err, problem.Invalid)
			var fields []string
			if known, ok := errors.AsType[*problem.Error](err); ok {
				for _, field := range known.Fields {
					fields = append(fields, field.Name)
				}
			}
			if diff := cmp.Diff(test.fields, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
