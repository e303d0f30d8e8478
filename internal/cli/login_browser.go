package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/term"

	"shopflow.dev/shopflow/internal/apiclient"
)

const (
	// callbackPath is where the browser comes back to.
	callbackPath = "/callback"
	// callbackTimeout bounds one request of the browser.
	callbackTimeout = 5 * time.Second
)

// browserLogin is one attempt to sign in through a browser. What the browser carries is worthless without the verifier, which never
// leaves this process but for the exchange.
type browserLogin struct {
	state, verifier string
	redirect        string
	answers         chan loginAnswer
}

// loginAnswer is what the browser brought: a code, or why there is none.
type loginAnswer struct {
	code string
	err  error
}

// signInByBrowser leads the person to the dashboard, waits until they have allowed it there, and returns the token.
func signInByBrowser(ctx context.Context, s Streams, platform *apiclient.Platform, server string, wait time.Duration) (apiclient.NewToken, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return apiclient.NewToken{}, fmt.Errorf("wait for the browser: %w", err)
	}
	login := &browserLogin{
		state: rand.Text(), verifier: oauth2.GenerateVerifier(), redirect: "http://" + listener.Addr().String() + callbackPath,
		answers: make(chan loginAnswer, 1),
	}
	waiting := &http.Server{Handler: login, ReadHeaderTimeout: callbackTimeout, ReadTimeout: callbackTimeout, WriteTimeout: callbackTimeout}
	go func() { _ = waiting.Serve(listener) }() // It ends with Shutdown.
	defer func() {
		graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), callbackTimeout)
		defer cancel()
		_ = waiting.Shutdown(graceful) // Lets the browser have its page; what is left ends with the process.
	}()
	address := login.address(server)
	fmt.Fprintf(s.Err, "Authorize this in your browser if it shows the code %s:\n\n  %s\n\n", login.code(), address)
	if err := openBrowser(ctx, s, address); err != nil {
		fmt.Fprintf(s.Err, "Cannot open a browser (%v). Open the address yourself, on this machine.\n", err)
	}
	select {
	case answer := <-login.answers:
		if answer.err != nil {
			return apiclient.NewToken{}, answer.err
		}
		return platform.ExchangeLogin(ctx, apiclient.ExchangeLogin{Code: answer.code, Verifier: login.verifier, Redirect: login.redirect})
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return apiclient.NewToken{}, fmt.Errorf("the sign-in was not authorized in a browser within %s; without a browser, use --email or --with-token", wait)
		}
		return apiclient.NewToken{}, fmt.Errorf("wait for the browser: %w", ctx.Err())
	}
}

// address returns the page of the dashboard that asks the person.
func (l *browserLogin) address(server string) string {
	return server + "/login/cli?" + url.Values{
		"challenge": {oauth2.S256ChallengeFromVerifier(l.verifier)}, "device": {deviceName()}, "redirect": {l.redirect}, "state": {l.state},
	}.Encode()
}

// code returns what the page shows, too, so that people see that it asks for this very command. It is the beginning of the state, whose
// rest is still too long to be guessed.
func (l *browserLogin) code() string { return l.state[:4] + "-" + l.state[4:8] }

// ServeHTTP takes the browser back. Other requests, such as those of a page that tries every port, change nothing.
func (l *browserLogin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Cache-Control", "no-store")
	query := r.URL.Query()
	own := "http://"+r.Host+r.URL.Path == l.redirect && subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(l.state)) == 1
	if r.Method != http.MethodGet || !own {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, loginPage("Unknown sign-in", "Run shopflow login again."))
		return
	}
	answer, page := loginAnswer{code: query.Get("code")}, loginPage("Go back to the terminal", "You can close this page.")
	if answer.code == "" {
		answer.err, page = errors.New("the sign-in was refused in the browser"), loginPage("The command line was refused", "You can close this page.")
	}
	select {
	case l.answers <- answer:
	default: // The browser loads the page once more.
	}
	fmt.Fprint(w, page)
}

// loginPage is what the browser shows at the end. Its texts are all written here.
func loginPage(title, text string) string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">` +
		`<title>` + title + ` · ShopFlow</title></head><body><h1>` + title + `</h1><p>` + text + `</p></body></html>`
}

// openBrowser opens the address in the program that BROWSER names, or else in what the system opens addresses with. Without
// a person in front of it, it does nothing.
func openBrowser(ctx context.Context, s Streams, address string) error {
	program, args := os.Getenv("BROWSER"), []string{address}
	if program == "" {
		file, ok := s.Err.(*os.File)
		if !ok || !term.IsTerminal(int(file.Fd())) {
			return nil
		}
		switch {
		case runtime.GOOS == "darwin":
			program = "open"
		case runtime.GOOS == "windows":
			program, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
		case cmp.Or(os.Getenv("DISPLAY"), os.Getenv("WAYLAND_DISPLAY")) == "":
			return errors.New("there is no screen") // What xdg-open starts then would take over the terminal.
		default:
			program = "xdg-open"
		}
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), program, args...) //nolint:gosec // the person's own program; the address begins with http
	if err := command.Start(); err != nil {
		return fmt.Errorf("open a browser: %w", err)
	}
	go func() { _ = command.Wait() }() // Some end at once and some with the browser; the person sees what came of it.
	return nil
}

// deviceName returns this machine's name in the letters that the platform takes.
func deviceName() string {
	host, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	name := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(host, "-")
	name = regexp.MustCompile(`^[^A-Za-z0-9]+`).ReplaceAllString(name, "")
	return cmp.Or(name[:min(len(name), 60)], "unknown")
}
