package images_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sys/unix"
)

const (
	shopAddress       = "http://demo.shopflow.localhost"
	shopAdminPassword = "owner password 1"
)

// pod is a shop whose containers share a network, which the container pause holds.
type pod struct {
	pause, database, php, nginx *container
	databaseVolume, webVolume   map[string]string
	web                         image
	env                         map[string]string
}

// shopImages are the images that a shop runs from.
type shopImages struct {
	database, web image
}

// start starts a database and a web server on their own volumes, and waits until the shop is ready. The mounts are
// additional folders of the web containers.
func (images shopImages) start(t *testing.T, mounts map[string]string) *pod {
	t.Helper()
	p := &pod{web: images.web, env: shop("demo"), databaseVolume: shopVolume(t), webVolume: webVolume(t, t.TempDir())}
	maps.Copy(p.env, map[string]string{
		"STORE_URL": shopAddress, "DB_HOST": "127.0.0.1", "WORDPRESS_SALT": "a salt for tests", "ADMIN_PASSWORD_HASH": wordpressHash(t, shopAdminPassword),
	})
	maps.Copy(p.webVolume, mounts)
	p.pause = images.database.startBeside(t, nil, []string{"sleep", "infinity"}, nil, nil)
	p.database = images.database.startBeside(t, p.pause, images.database.config.Entrypoint, p.env, p.databaseVolume)
	p.serve(t)
	return p
}

func webVolume(t *testing.T, uploads string) map[string]string {
	t.Helper()
	return map[string]string{"/tmp": t.TempDir(), "/run": t.TempDir(), "/srv/www/wp-content/uploads": uploads}
}

// serve starts PHP and nginx, and waits until they are ready.
func (p *pod) serve(t *testing.T) {
	t.Helper()
	p.php = p.web.startBeside(t, p.pause, []string{"start-php"}, p.env, p.webVolume)
	p.nginx = p.web.startBeside(t, p.pause, []string{"start-nginx"}, nil, p.webVolume)
	visitor := p.visitor(t)
	eventually(t, "readiness", func() bool {
		response, err := visitor.Get(visitor.base + "/readyz?wait")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// browser is a visitor with cookies, who follows no redirects.
type browser struct {
	http.Client
	pod *pod
	// base is the shop's address. Whatever its scheme is, TLS ends in front of the pod.
	base string
}

func (p *pod) visitor(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	pid := p.pause.pid(t)
	_, host, _ := strings.Cut(p.env["STORE_URL"], "://")
	return &browser{pod: p, base: "http://" + host, Client: http.Client{
		Jar:           jar,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return dialInside(pid, "127.0.0.1:8080")
		}},
	}}
}

// dialInside connects from within the network of a process.
func dialInside(pid, address string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		// The thread stays locked, so that it ends with the goroutine.
		runtime.LockOSThread()
		namespace, err := os.Open("/proc/" + pid + "/ns/net")
		if err != nil {
			done <- result{nil, err}
			return
		}
		defer namespace.Close()
		if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- result{nil, err}
			return
		}
		conn, err := net.Dial("tcp4", address)
		done <- result{conn, err}
	}()
	r := <-done
	return r.conn, r.err
}

// answer is the shop's response.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request to a path of the shop. A body that is not a string is sent as JSON. Headers come as pairs.
func (b *browser) ask(t *testing.T, method, path string, body any, headers ...string) answer {
	t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case url.Values:
		reader = strings.NewReader(body.Encode())
		headers = append(headers, "Content-Type", "application/x-www-form-urlencoded")
	default:
		content, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(content)
		headers = append(headers, "Content-Type", "application/json")
	}
	request, err := http.NewRequestWithContext(t.Context(), method, b.base+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: response.StatusCode, header: response.Header, body: string(content)}
}

// get requests a page that has to exist.
func (b *browser) get(t *testing.T, path string, headers ...string) answer {
	t.Helper()
	got := b.ask(t, http.MethodGet, path, nil, headers...)
	if got.status != http.StatusOK {
		t.Fatalf("GET %s: %d\n%.2000s\n%s", path, got.status, got.body, b.pod.nginx.output())
	}
	return got
}

// decode reads the JSON of an answer with the expected status.
func decode[T any](t *testing.T, got answer, status int) T {
	t.Helper()
	var into T
	if err := json.Unmarshal([]byte(got.body), &into); err != nil || got.status != status {
		t.Fatalf("%d instead of %d: %v: %.2000s", got.status, status, err, got.body)
	}
	return into
}

// login gives the browser the owner's session, and returns the nonce for the REST API.
func (b *browser) login(t *testing.T) string {
	t.Helper()
	form := url.Values{"log": {b.pod.env["ADMIN_EMAIL"]}, "pwd": {shopAdminPassword}, "wp-submit": {"Log In"}, "testcookie": {"1"}}
	got := b.ask(t, http.MethodPost, "/wp-login.php", form, "Cookie", "wordpress_test_cookie=WP%20Cookie%20check")
	if got.status != http.StatusFound {
		t.Fatalf("login: %d: %.3000s", got.status, got.body)
	}
	return b.get(t, "/wp-admin/admin-ajax.php?action=rest-nonce").body
}

// wordpressHash is what WordPress stores for a password.
func wordpressHash(t *testing.T, password string) string {
	t.Helper()
	mac := hmac.New(sha512.New384, []byte("wp-sha384"))
	mac.Write([]byte(strings.TrimSpace(password)))
	hash, err := bcrypt.GenerateFromPassword([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return "$wp" + string(hash)
}
