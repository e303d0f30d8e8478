// Package e2e drives ShopFlow as its users do, on a real node with real shops: through the command line, HTTP and the
// Kubernetes API. It needs a local ShopFlow that is up (hack/test starts one of its own).
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/install"
)

// platform is the local ShopFlow under test.
type platform struct {
	dir, binary, port string
	config            *rest.Config
	kube              client.WithWatch
	http              *http.Client
}

// TestMain keeps the Kubernetes libraries from complaining that no one reads their logs.
func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// connect returns the local ShopFlow that SHOPFLOW_DIR names, or skips the test.
func connect(t *testing.T) *platform {
	t.Helper()
	dir := os.Getenv("SHOPFLOW_DIR")
	if dir == "" {
		t.Skip("SHOPFLOW_DIR is not set: it names the folder of a local ShopFlow that is up (make test sets it)")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1 // A limit of the client would hide what a wait saw last.
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	kube, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	port := os.Getenv("SHOPFLOW_PORT")
	if port == "" {
		port = "8080"
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		// *.localhost is loopback (RFC 6761), which Go's resolver does not know.
		return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &platform{
		dir: dir, binary: filepath.Join(root, "bin", "shopflow"), port: port, config: config, kube: kube,
		http: &http.Client{Transport: transport, Timeout: 30 * time.Second},
	}
}

// url returns the public address of a store.
func (p *platform) url(store string) string {
	return fmt.Sprintf("http://%s.shopflow.localhost:%s", store, p.port)
}

// shopflow runs the command line and returns what it printed and its exit code.
func (p *platform) shopflow(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	stdout, stderr, code, err := p.run(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return stdout, stderr, code
}

// run is shopflow for those that have no test to fail.
func (p *platform) run(ctx context.Context, args ...string) (stdout, stderr string, code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	token, err := p.readToken(ctx)
	if err != nil {
		return "", "", 0, err
	}
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Dir = filepath.Dir(p.dir)
	cmd.Env = append(os.Environ(), "SHOPFLOW_SERVER=http://shopflow.localhost:"+p.port, "SHOPFLOW_TOKEN="+token)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", "", 0, fmt.Errorf("run shopflow %s: %w", strings.Join(args, " "), err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode(), nil
}

// must runs the command line and fails the test unless it ends with 0.
func (p *platform) must(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := p.shopflow(t, args...)
	if code != 0 {
		t.Fatalf("shopflow %s ended with %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

func (p *platform) token(t *testing.T) string {
	t.Helper()
	token, err := p.readToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *platform) readToken(ctx context.Context) (string, error) {
	var secret corev1.Secret
	if err := p.kube.Get(ctx, client.ObjectKey{Namespace: install.DefaultNamespace, Name: "shopflow-admin-token"}, &secret); err != nil {
		return "", fmt.Errorf("read the administrator's token: %w", err)
	}
	return string(secret.Data["token"]), nil
}

// storeJSON is the part of a store's JSON that the tests read.
type storeJSON struct {
	Name, State, URL, AdminURL, Namespace string
	Receipt                               *struct {
		OrderNumber  string
		Milliseconds int
		Steps        []struct {
			Name         string
			Milliseconds int
		}
	}
	Cause *struct{ Reason, Message string }
}

// create creates a store and waits until it is Ready. The store is removed when the test ends.
func (p *platform) create(t *testing.T, engine v1alpha1.Engine, name string, args ...string) storeJSON {
	t.Helper()
	t.Cleanup(func() { p.remove(t, name) })
	out := p.must(t, append([]string{"store", "create", name, "--engine", string(engine), "--wait", "-o", "json"}, args...)...)
	return decode[storeJSON](t, out)
}

// remove deletes a store and waits until nothing of it is left.
func (p *platform) remove(t *testing.T, name string) {
	t.Helper()
	if err := p.delete(context.WithoutCancel(t.Context()), name); err != nil {
		t.Error(err)
	}
}

// delete is remove for those that have no test to fail.
func (p *platform) delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	store := &v1alpha1.Store{}
	store.Name = name
	if err := client.IgnoreNotFound(p.kube.Delete(ctx, store)); err != nil {
		return fmt.Errorf("delete store %s: %w", name, err)
	}
	return poll(ctx, "store "+name+" is gone", func(ctx context.Context) error {
		err := p.kube.Get(ctx, client.ObjectKey{Name: name}, &v1alpha1.Store{})
		if err == nil {
			return errors.New("still there")
		}
		return client.IgnoreNotFound(err)
	})
}

func (p *platform) store(t *testing.T, name string) *v1alpha1.Store {
	t.Helper()
	var store v1alpha1.Store
	if err := p.kube.Get(t.Context(), client.ObjectKey{Name: name}, &store); err != nil {
		t.Fatal(err)
	}
	return &store
}

// waitState waits until the store's state is the one given.
func (p *platform) waitState(t *testing.T, name string, want v1alpha1.State, within time.Duration) *v1alpha1.Store {
	t.Helper()
	store, err := p.await(t.Context(), name, want, within)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// await is waitState for those that have no test to fail.
func (p *platform) await(ctx context.Context, name string, want v1alpha1.State, within time.Duration) (*v1alpha1.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var store v1alpha1.Store
	err := poll(ctx, fmt.Sprintf("store %s is %s", name, want), func(ctx context.Context) error {
		if err := p.kube.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return err
		}
		if got := store.State(); got != want {
			return fmt.Errorf("it is %s: %+v", got, store.Status.Conditions)
		}
		return nil
	})
	return &store, err
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("decode %q: %v", text, err)
	}
	return value
}

// eventually tries until check returns nil or the context ends.
func eventually(ctx context.Context, t *testing.T, what string, check func(ctx context.Context) error) {
	t.Helper()
	if err := poll(ctx, what, check); err != nil {
		t.Fatal(err)
	}
}

// poll is eventually for those that have no test to fail.
func poll(ctx context.Context, what string, check func(ctx context.Context) error) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	var seen error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if seen == nil || ctx.Err() == nil {
			// That time ran out says less than what was seen before.
			seen = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for: %s; last seen: %w", what, seen)
		case <-ticker.C:
		}
	}
}
