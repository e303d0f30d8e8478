package helmrelease

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	helmkube "helm.sh/helm/v4/pkg/kube"
)

// hangingCluster answers nothing until it is released.
type hangingCluster struct {
	helmkube.Interface
	released chan struct{}
}

func (c *hangingCluster) Build(manifest io.Reader, validate bool) (helmkube.ResourceList, error) {
	<-c.released
	return c.Interface.Build(manifest, validate)
}

// TestCallsThatHangFreeTheirCaller has the cluster or Helm's storage hang: the call returns within its bound, further calls on the same
// release return at once and do nothing, another release works, and everything works when the call has ended.
func TestCallsThatHangFreeTheirCaller(t *testing.T) {
	tests := map[string]func(b *bench, released chan struct{}){
		"Cluster": func(b *bench, released chan struct{}) {
			b.kube = func(string) helmkube.Interface { return &hangingCluster{b.cluster, released} }
		},
		"Storage": func(b *bench, released chan struct{}) { b.storage.hang = released },
	}
	for name, hang := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				released := make(chan struct{})
				hang(b, released)
				start := time.Now()
				if err := b.Install(t.Context(), b.request); !errors.Is(err, ErrBusy) {
					t.Fatalf("an install that hangs returned %v", err)
				}
				if took := time.Since(start); took > hookTimeout+requestTimeout {
					t.Errorf("it returned after %s", took)
				}
				start = time.Now()
				if err := b.Upgrade(t.Context(), b.request); !errors.Is(err, ErrBusy) {
					t.Errorf("an upgrade beside it returned %v", err)
				}
				if _, err := b.Observe(t.Context(), "shop", "demo"); !errors.Is(err, ErrBusy) {
					t.Errorf("observing beside it returned %v", err)
				}
				if took := time.Since(start); took > 0 {
					t.Errorf("calls on a busy release took %s", took)
				}
				if observed, err := b.Observe(t.Context(), "shop", "other"); err != nil || observed.Status != StatusAbsent {
					t.Errorf("another release is %+v (%v)", observed, err)
				}
				close(released)
				synctest.Wait()
				if result, err := b.Converge(t.Context(), b.target(t, new([]Action))); err != nil || result.Action != ActionNone {
					t.Errorf("after the hang: %+v (%v)", result, err)
				}
			})
		})
	}
}

func TestPanicsBecomeErrors(t *testing.T) {
	var running calls
	err := boundError(&running, "shop", "demo", time.Minute, func() error {
		return []error{}[len(t.Name())]
	})
	if err == nil {
		t.Fatal("a panic was lost")
	}
	if err := boundError(&running, "shop", "demo", time.Minute, func() error { return nil }); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}
