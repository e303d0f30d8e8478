package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// trouble is a failure of one store that no other store notices.
type trouble struct {
	failure
	// version is that of the engine, where the store asks for one.
	version string
	// ends is the kind of the last link of the chain; empty where no objects were looked at.
	ends string
	// hopeless is a failure that only deleting the store ends. Its cure runs after the delete and checks what that left.
	hopeless bool
	// patient failures are named after minutes, so they come first and do not count among those that start.
	patient bool
}

// outcome is the result of a trouble.
type outcome struct {
	cause        v1alpha1.Cause
	state        v1alpha1.State
	named, ready time.Duration
	err          error
}

// TestFailuresAtOnce is TestFailuresAreNamedAndHeal for failures that touch one store each: most of their time is waiting, so they
// share it. With two processors that is still five minutes.
func TestFailuresAtOnce(t *testing.T) {
	slowFailure(t)
	p := connect(t)
	troubles := slices.Concat(patientTroubles(), troublesOfPods(), troublesOfObjects())
	outcomes := make([]outcome, len(troubles))
	// A store that starts wants all of a CPU.
	places := make(chan struct{}, 2)
	var group sync.WaitGroup
	for i, test := range troubles {
		if !test.patient {
			places <- struct{}{}
		}
		group.Go(func() {
			outcomes[i] = p.suffer(t.Context(), test)
			if !test.patient {
				<-places
			}
		})
	}
	group.Wait()
	for i, test := range troubles {
		t.Run(test.store, func(t *testing.T) { test.check(t, outcomes[i]) })
	}
}

// slowFailure skips a test that takes too long for make test.
func slowFailure(t *testing.T) {
	t.Helper()
	if os.Getenv("SHOPFLOW_FAILURES") == "" {
		t.Skip("it takes minutes; run it with make failures-test")
	}
}

// check looks whether the right cause was named.
func (test trouble) check(t *testing.T, got outcome) {
	t.Helper()
	last := ""
	if links := len(got.cause.Chain); links > 0 {
		last = got.cause.Chain[links-1].Kind
	}
	if got.cause.Reason != test.reason || !strings.Contains(got.cause.Message, test.says) || got.cause.Fix == "" || last != test.ends {
		t.Errorf("the cause is %+v; want %s with %q, a fix, and a chain that ends with a %q", got.cause, test.reason, test.says, test.ends)
	}
	if got.err != nil {
		t.Fatal(got.err)
	}
	if want := cmp.Or(test.state, v1alpha1.StateProvisioning); got.state != want {
		t.Errorf("the store is %s, want %s", got.state, want)
	}
	end := "gone with its store"
	if !test.hopeless {
		end = fmt.Sprintf("Ready %.1f s after the cause was gone", got.ready.Seconds())
	}
	t.Logf("%s: %s. %s. Named after %.1f s, %s", got.cause.Reason, got.cause.Message, got.cause.Fix, got.named.Seconds(), end)
}

// suffer lets a store fail, waits until it says why, removes the cause and waits for Ready. At the end nothing is left of it.
func (p *platform) suffer(ctx context.Context, test trouble) (got outcome) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	namespace := ""
	cured := false
	defer func() {
		// Whatever happened, the next test finds the cluster as it was.
		ctx := context.WithoutCancel(ctx)
		if !cured && test.cure != nil {
			got.err = errors.Join(got.err, test.cure(ctx, p, namespace))
		}
		got.err = errors.Join(got.err, p.lift(ctx, test.store), p.delete(ctx, test.store))
	}()
	if test.before != nil {
		inForce := func(ctx context.Context) error { return test.before(ctx, p, "") }
		if got.err = poll(ctx, "the cause of "+test.store, inForce); got.err != nil {
			return got
		}
	}
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: "medusa", Version: test.version}}
	store.Name = test.store
	if got.err = p.kube.Create(ctx, store); got.err != nil {
		return got
	}
	start := time.Now()
	if test.cause != nil {
		got.err = poll(ctx, "the cause of "+test.store, func(ctx context.Context) error {
			if err := p.kube.Get(ctx, client.ObjectKeyFromObject(store), store); err != nil {
				return err
			}
			if namespace = store.Status.Namespace; namespace == "" {
				return errors.New("no namespace yet")
			}
			return test.cause(ctx, p, namespace)
		})
		if got.err != nil {
			return got
		}
		start = time.Now()
	}
	limit, stop := context.WithTimeout(ctx, 4*time.Minute)
	defer stop()
	if store, got.err = p.awaitCause(limit, test.failure); got.err != nil {
		return got
	}
	got.named, got.cause, got.state = time.Since(start), *store.Status.Cause, store.State()
	cured = true
	if test.hopeless {
		got.err = p.delete(ctx, test.store)
		if got.err == nil && test.cure != nil {
			got.err = test.cure(ctx, p, store.Status.Namespace)
		}
		return got
	}
	if got.err = test.cure(ctx, p, store.Status.Namespace); got.err != nil {
		got.err = fmt.Errorf("remove the cause: %w", got.err)
		return got
	}
	start = time.Now()
	_, got.err = p.await(ctx, test.store, v1alpha1.StateReady, 3*time.Minute)
	got.ready = time.Since(start)
	return got
}

// retryPod requests a retry and waits until a component's pod is another one.
func (p *platform) retryPod(ctx context.Context, store, namespace, component string) error {
	before, err := p.pod(ctx, namespace, component)
	if err != nil {
		return err
	}
	if err := p.requestRetry(ctx, store); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return poll(ctx, "another pod of "+component, func(ctx context.Context) error {
		after, err := p.pod(ctx, namespace, component)
		if err == nil && after.UID == before.UID {
			err = errors.New("it is the same pod")
		}
		return err
	})
}

// requestRetry requests a retry, as a person does.
func (p *platform) requestRetry(ctx context.Context, store string) error {
	_, stderr, code, err := p.run(ctx, "store", "retry", store)
	if err == nil && code != 0 {
		err = fmt.Errorf("shopflow store retry ended with %d: %s", code, stderr)
	}
	return err
}
