package auth_test

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/auth/authtest"
	"shopflow.dev/shopflow/internal/problem"
)

const (
	verifier = "a-verifier-of-at-least-forty-three-characters"
	waiting  = "http://127.0.0.1:49152/callback"
)

func aLogin(changes ...func(*auth.NewLogin)) auth.NewLogin {
	login := auth.NewLogin{Device: "laptop", Challenge: oauth2.S256ChallengeFromVerifier(verifier), Redirect: waiting, State: "STATE-OF-THE-COMMAND-LINE"}
	for _, change := range changes {
		change(&login)
	}
	return login
}

// codeIn returns the code in the address that a browser is sent to.
func codeIn(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, waiting+"?") || parsed.Query().Get("state") != "STATE-OF-THE-COMMAND-LINE" {
		t.Fatalf("the browser is sent to %s: %v", address, err)
	}
	return parsed.Query().Get("code")
}

func TestLogin(t *testing.T) {
	type world struct {
		service *auth.Service
		at      func(time.Duration) // sets the clock
		p       auth.Principal      // who allows it
		code    string
	}
	for name, test := range map[string]struct {
		before   func(t *testing.T, w world) // between allowing and exchanging
		verifier string
		redirect string
		good     bool
	}{
		"as it should be":  {good: true},
		"just in time":     {before: func(_ *testing.T, w world) { w.at(time.Minute - time.Second) }, good: true},
		"a wrong verifier": {verifier: "another-verifier-of-more-than-forty-three-characters"},
		"another redirect": {redirect: "http://127.0.0.1:49153/callback"},
		"too late":         {before: func(_ *testing.T, w world) { w.at(time.Minute) }},
		"used already":     {before: func(t *testing.T, w world) { exchange(t, w.service, w.code) }},
		"tried before": {before: func(t *testing.T, w world) {
			_, err := w.service.ExchangeLogin(t.Context(), w.code, strings.Repeat("x", 43), waiting)
			expectKind(t, "a wrong verifier", err, problem.SignInFailed)
		}},
		"the session is over": {before: func(t *testing.T, w world) { mustDo(t, w.service.EndSession(t.Context(), w.p)) }},
		"the person is disabled": {before: func(t *testing.T, w world) {
			disabled := true
			_, err := w.service.UpdateUser(t.Context(), w.p.User.ID, auth.Changes{Disabled: &disabled})
			mustDo(t, err)
		}},
		"the person is gone": {before: func(t *testing.T, w world) { mustDo(t, w.service.DeleteUser(t.Context(), w.p.User.ID)) }},
		"allowed another since": {before: func(t *testing.T, w world) {
			_, err := w.service.AllowLogin(t.Context(), w.p, aLogin())
			mustDo(t, err)
		}},
		"forgotten as it is old": {before: func(t *testing.T, w world) {
			w.at(time.Minute)
			mustDo(t, w.service.DeleteExpired(t.Context()))
			w.at(0)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, repository auth.Repository) {
				service, clock, _, merchant := open(t, repository)
				_, p, err := service.StartSession(t.Context(), merchant)
				mustDo(t, err)
				address, err := service.AllowLogin(t.Context(), p, aLogin())
				mustDo(t, err)
				code := codeIn(t, address)
				if test.before != nil {
					test.before(t, world{service: service, at: func(d time.Duration) { clock.SetTime(begin().Add(d)) }, p: p, code: code})
				}
				issued, err := service.ExchangeLogin(t.Context(), code, cmp.Or(test.verifier, verifier), cmp.Or(test.redirect, waiting))
				if !test.good {
					expectKind(t, name, err, problem.SignInFailed)
					return
				}
				mustDo(t, err)
				known, err := service.Token(t.Context(), issued.Secret)
				if err != nil || known.User.ID != merchant.ID || !slices.Equal(known.Scopes, auth.Merchant.Scopes()) {
					t.Errorf("the token is of %+v: %v", known, err)
				}
				tokens, err := service.Tokens(t.Context(), p)
				if err != nil || len(tokens) != 1 || tokens[0].Name != "shopflow login on laptop" || tokens[0].ExpiresAt.Before(begin().Add(89*24*time.Hour)) {
					t.Errorf("tokens %+v: %v", tokens, err)
				}
			})
		})
	}
}

// TestLoginOfTwoPeople allows two at once, and each gets their own.
func TestLoginOfTwoPeople(t *testing.T) {
	onEach(t, func(t *testing.T, repository auth.Repository) {
		service, _, admin, merchant := open(t, repository)
		codes := map[string]string{}
		for _, user := range []auth.User{admin, merchant} {
			_, p, err := service.StartSession(t.Context(), user)
			mustDo(t, err)
			address, err := service.AllowLogin(t.Context(), p, aLogin())
			mustDo(t, err)
			codes[user.ID] = codeIn(t, address)
		}
		for id, code := range codes {
			if issued := exchange(t, service, code); issued.User.ID != id || issued.Token.UserID != id {
				t.Errorf("the code of %s gave a token of %s", id, issued.User.ID)
			}
		}
	})
}

func TestLoginInput(t *testing.T) {
	service, _, _, merchant := open(t, authtest.NewMemory())
	_, p, err := service.StartSession(t.Context(), merchant)
	mustDo(t, err)
	bad := map[string]func(*auth.NewLogin){
		"no challenge":     func(l *auth.NewLogin) { l.Challenge = "" },
		"a plain verifier": func(l *auth.NewLogin) { l.Challenge = verifier },
		"a short state":    func(l *auth.NewLogin) { l.State = "short" },
		"a sly state":      func(l *auth.NewLogin) { l.State = "0123456789abcdef&code=x" },
		"no device":        func(l *auth.NewLogin) { l.Device = "" },
		"a sly device":     func(l *auth.NewLogin) { l.Device = "laptop\u202e" },
		"a long device":    func(l *auth.NewLogin) { l.Device = strings.Repeat("x", 61) },
	}
	for _, address := range []string{
		"", "https://evil.example/callback", "http://evil.example:4915/callback", "http://127.0.0.1.evil.example:4915/callback", "http://127.0.0.1:4915@evil.example/callback",
		"http://localhost:4915/callback", "http://127.0.0.1/callback", "http://127.0.0.1:80/callback", "http://127.0.0.1:65536/callback", "http://127.0.0.1:4915/",
		"http://127.0.0.1:4915/callback?x=y", "http://127.0.0.1:4915/callback#x", "http://127.0.0.1:4915/callback\n", "https://127.0.0.1:4915/callback",
		"http://10.0.0.1:4915/callback", "http://0.0.0.0:4915/callback", "javascript:alert(1)", "http://127.0.0.1:4915\\@evil.example/callback",
	} {
		bad["the address "+address] = func(l *auth.NewLogin) { l.Redirect = address }
	}
	for name, change := range bad {
		_, err := service.AllowLogin(t.Context(), p, aLogin(change))
		expectKind(t, "allow "+name, err, problem.Invalid)
		_, err = service.RefuseLogin(aLogin(change))
		expectKind(t, "refuse "+name, err, problem.Invalid)
	}
	six := "http://[::1]:65535/callback"
	if address, err := service.RefuseLogin(aLogin(func(l *auth.NewLogin) { l.Redirect = six })); err != nil || address != six+"?error=access_denied&state=STATE-OF-THE-COMMAND-LINE" {
		t.Errorf("refused with %s: %v", address, err)
	}
	_, secret, err := service.CreateToken(t.Context(), p, auth.NewToken{Name: "ci", Scopes: auth.Merchant.Scopes()})
	mustDo(t, err)
	program, err := service.Token(t.Context(), secret)
	mustDo(t, err)
	_, err = service.AllowLogin(t.Context(), program, aLogin())
	expectKind(t, "a token allows", err, problem.Forbidden)
	mustDo(t, service.EndSession(t.Context(), p))
	_, err = service.AllowLogin(t.Context(), p, aLogin())
	expectKind(t, "a session that just ended", err, problem.Unauthenticated)
	_, err = service.ExchangeLogin(t.Context(), "x", verifier, waiting)
	expectKind(t, "no code", err, problem.Invalid)
}

func exchange(t *testing.T, service *auth.Service, code string) auth.IssuedToken {
	t.Helper()
	issued, err := service.ExchangeLogin(t.Context(), code, verifier, waiting)
	mustDo(t, err)
	return issued
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
