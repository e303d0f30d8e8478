package observe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/observe"
	"shopflow.dev/shopflow/internal/stores"
)

func objects(t *testing.T, funcs interceptor.Funcs, existing ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(existing...).WithInterceptorFuncs(funcs).Build()
}

type openLog = func(ctx context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error)

func newObserver(objects client.Client, open openLog) *observe.Observer {
	return observe.New(stores.New(objects, stores.Platform{}), objects, observe.Cluster{Clock: clock.RealClock{}, OpenLog: open})
}

// kubelet keeps logs of containers, by "pod/container", as the kubelet does: each line with its time, and from a whole second on.
type kubelet struct {
	mu    sync.Mutex
	lines map[string][]string
	ended map[string]bool // its log does not continue
	asked []string
}

func (k *kubelet) open(ctx context.Context, _, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	key := pod + "/" + options.Container
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, key)
	if k.lines[key] == nil {
		return nil, apierrors.NewBadRequest("the container is waiting to start")
	}
	reader, writer := io.Pipe()
	go func() {
		defer func() { _ = writer.Close() }()
		for i := 0; ; {
			k.mu.Lock()
			lines, over := k.lines[key], k.ended[key]
			k.mu.Unlock()
			for ; i < len(lines); i++ {
				stamp, _, _ := strings.Cut(lines[i], " ")
				at, err := time.Parse(time.RFC3339Nano, stamp)
				if err == nil && options.SinceTime != nil && at.Before(options.SinceTime.Truncate(time.Second)) {
					continue
				}
				if _, err := io.WriteString(writer, lines[i]+"\n"); err != nil {
					return
				}
			}
			if over {
				return
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
	}()
	return reader, nil
}

func (k *kubelet) say(key, line string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lines[key] = append(k.lines[key], time.Now().UTC().Format(time.RFC3339Nano)+" "+line)
	delete(k.ended, key)
}

func (k *kubelet) end(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended[key] = true
}

// reader follows the logs of a store and keeps what it read.
type reader struct {
	mu    sync.Mutex
	lines []string
	ended chan error
}

func (r *reader) sees(t *testing.T, want ...string) {
	t.Helper()
	time.Sleep(3 * time.Second) //nolint:forbidigo // the time of synctest
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.lines, want) {
		t.Errorf("read %q, want %q", r.lines, want)
	}
}

func webPod(statuses ...corev1.ContainerStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "store-x", Name: "web-1", Labels: map[string]string{"app.kubernetes.io/component": "web"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "php"}, {Name: "nginx"}}},
		Status:     corev1.PodStatus{StartTime: new(metav1.Unix(1, 0)), ContainerStatuses: statuses},
	}
}

func runs(name string, restarts int32) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, RestartCount: restarts, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
}

func ended(name string, restarts int32) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, RestartCount: restarts, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}}
}

// following begins to follow the logs of a store with one pod in the bubble of a test.
func following(t *testing.T, k *kubelet, funcs interceptor.Funcs, statuses ...corev1.ContainerStatus) (*reader, client.Client) {
	t.Helper()
	kept := objects(t, funcs,
		&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", UID: "1"}, Status: v1alpha1.StoreStatus{Namespace: "store-x"}},
		webPod(statuses...),
	)
	logs, err := newObserver(kept, k.open).Logs(t.Context(), stores.Viewer{All: true}, "demo", observe.LogOptions{Component: "web", Follow: true, Tail: 10})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &reader{ended: make(chan error, 1)}
	go func() {
		r.ended <- logs.Copy(ctx, func(lines []byte) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.lines = append(r.lines, strings.TrimSuffix(string(lines), "\n"))
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		synctest.Wait()
	})
	return r, kept
}

// change writes what the kubelet says of the pod.
func change(t *testing.T, objects client.Client, statuses ...corev1.ContainerStatus) {
	t.Helper()
	if err := objects.Status().Update(t.Context(), webPod(statuses...)); err != nil {
		t.Fatal(err)
	}
}

func TestFollowReadsEveryContainer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kubelet{lines: map[string][]string{}, ended: map[string]bool{}}
		k.say("web-1/php", "php one")
		r, kept := following(t, k, interceptor.Funcs{}, runs("php", 0), corev1.ContainerStatus{Name: "nginx", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}})
		r.sees(t, "php one")
		k.say("web-1/nginx", "nginx one")
		change(t, kept, runs("php", 0), runs("nginx", 0))
		r.sees(t, "php one", "nginx one")
		k.say("web-1/php", "php two")
		r.sees(t, "php one", "nginx one", "php two")
	})
}

// TestFollowRepeatsNothing ends and starts a container within one second.
func TestFollowRepeatsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kubelet{lines: map[string][]string{}, ended: map[string]bool{}}
		k.say("web-1/php", "hello")
		k.say("web-1/php", "Fatal error")
		k.end("web-1/php")
		r, kept := following(t, k, interceptor.Funcs{}, runs("php", 0))
		r.sees(t, "hello", "Fatal error")
		change(t, kept, ended("php", 0))
		r.sees(t, "hello", "Fatal error")
		asked := len(k.asked)
		r.sees(t, "hello", "Fatal error")
		if again := len(k.asked); again != asked {
			t.Errorf("a container that has ended was read %d times more", again-asked)
		}
		k.say("web-1/php", "hello again")
		change(t, kept, runs("php", 1))
		r.sees(t, "hello", "Fatal error", "hello again")
	})
}

func TestFollowEndsWithTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kubelet{lines: map[string][]string{}, ended: map[string]bool{}}
		k.say("web-1/php", "hello")
		var refuse bool
		r, kept := following(t, k, interceptor.Funcs{
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
				if refuse {
					return apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("the role is gone"))
				}
				return c.List(ctx, list, options...)
			},
		}, runs("php", 0))
		r.sees(t, "hello")
		refuse = true // As when the namespace goes, with the right to read it.
		k.say("web-1/php", "still here")
		r.sees(t, "hello", "still here")
		if err := kept.Delete(t.Context(), &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo"}}); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-r.ended:
			if err != nil {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("continues without a store")
		}
	})
}

// TestSecretInALongLine hides a secret wherever it is in a line that is cut.
func TestSecretInALongLine(t *testing.T) {
	const secret = "hunter22hunter22"
	for before := 15 << 10; before < 18<<10; before += 7 {
		line := strings.Repeat("x", before) + secret + strings.Repeat("y", 4<<10)
		observer := newObserver(objects(t, interceptor.Funcs{},
			&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", UID: "1"}, Status: v1alpha1.StoreStatus{Namespace: "store-x"}},
			webPod(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "store-x", Name: v1alpha1.CredentialsSecret}, Data: map[string][]byte{"password": []byte(secret)}},
		), func(context.Context, string, string, *corev1.PodLogOptions) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(line + "\nnext\n")), nil
		})
		logs, err := observer.Logs(t.Context(), stores.Viewer{All: true}, "demo", observe.LogOptions{Component: "web", Tail: 10})
		if err != nil {
			t.Fatal(err)
		}
		var read strings.Builder
		if err := logs.Copy(t.Context(), func(lines []byte) error { read.Write(lines); return nil }); err != nil {
			t.Fatal(err)
		}
		if got := read.String(); strings.Contains(got, "hunt") || !strings.Contains(got, "\nnext\n") || len(got) > 40<<10 {
			t.Fatalf("%d bytes before the secret: %s", before, fmt.Sprintf("%.20q … %q", got, got[max(0, len(got)-40):]))
		}
	}
}
