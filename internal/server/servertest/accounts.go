package servertest

import (
	"net"
	"net/http/httptest"
	"testing"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/auth/authtest"
	"shopflow.dev/shopflow/internal/server"
)

// Password is the password of every account that User makes.
const Password = "correct horse battery"

// people are the accounts of a platform, in memory.
type people struct {
	service   *auth.Service
	providers *auth.Providers
	sealer    *auth.Sealer
}

func newAccounts(t testing.TB, options Options, address string) people {
	t.Helper()
	sealer, err := auth.NewSealer("a key for tests: 0123456789012345")
	if err != nil {
		t.Fatal(err)
	}
	var time clock.PassiveClock = stopped{}
	if options.RealTime {
		time = clock.RealClock{}
	}
	service := auth.New(authtest.NewMemory(), time, auth.Options{SignUp: !options.NoSignUp})
	providers, err := auth.NewProviders(service, sealer, address+server.CallbackPath, options.Providers)
	if err != nil {
		t.Fatal(err)
	}
	return people{service: service, providers: providers, sealer: sealer}
}

// User creates an account.
func (p *Platform) User(t testing.TB, email string, role auth.Role) auth.User {
	t.Helper()
	user, err := p.Accounts.CreateUser(t.Context(), auth.NewUser{Email: email, Password: Password, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// UserToken makes an API token of the user with the scopes.
func (p *Platform) UserToken(t testing.TB, user auth.User, scopes ...auth.Scope) string {
	t.Helper()
	_, signedIn, err := p.Accounts.StartSession(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := p.Accounts.CreateToken(t.Context(), signedIn, auth.NewToken{Name: "test", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func listen(t testing.TB, served *httptest.Server, address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = served.Listener.Close() // It has not been used.
	served.Listener = listener
}
