package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
)

// changes is how often the plan is changed. make changes-test asks for more.
func changes(t *testing.T) int {
	t.Helper()
	text := os.Getenv("SHOPFLOW_CHANGES")
	if text == "" {
		return 3
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// slowChange skips a test that only make changes-test runs.
func slowChange(t *testing.T) {
	t.Helper()
	if os.Getenv("SHOPFLOW_CHANGES") == "" {
		t.Skip("it takes minutes; run it with make changes-test")
	}
}

// TestPlanIsChangedUnderCustomers changes the plan up and down while a customer buys: no order that was acknowledged is lost, and
// the store keeps its receipt. Then it asks for a plan that no node has room for, which changes nothing.
func TestPlanIsChangedUnderCustomers(t *testing.T) { eachEngine(t, testPlanIsChangedUnderCustomers) }

func testPlanIsChangedUnderCustomers(t *testing.T, p *platform, k kind) {
	const name = "grows"
	made := p.create(t, k.engine, name)
	book := p.openBook(t, k, name, time.Duration(changes(t))*3*time.Minute)
	var pauses []time.Duration
	for i := range changes(t) {
		plan := []string{"medium", "small"}[i%2]
		book.sells(t, "before plan "+plan)
		book.longestPause()
		p.setPlan(t, name, plan, i)
		book.sells(t, "after plan "+plan)
		pauses = append(pauses, book.longestPause())
		p.verifyPlan(t, k, made.Namespace, name, v1alpha1.Plan(plan))
	}
	slices.Sort(pauses)
	t.Logf("no order for %.1f s (p50), %.1f s (p95) in %d changes", pauses[len(pauses)/2].Seconds(), pauses[len(pauses)*95/100].Seconds(), len(pauses))

	book.sells(t, "before the refused change")
	before := p.podUIDs(t, made.Namespace)
	if err := p.takeCPU(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.giveCPU(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	_, stderr, code := p.shopflow(t, "store", "update", name, "--plan", "large", "--wait")
	if code == 0 || !strings.Contains(stderr, "o node has room for") {
		t.Errorf("a plan that has no room ended with %d: %s", code, stderr)
	}
	if after := p.podUIDs(t, made.Namespace); !slices.Equal(before, after) || p.store(t, name).State() != v1alpha1.StateReady {
		t.Errorf("a refused change left the pods %v, were %v; the store is %s", after, before, p.store(t, name).State())
	}
	p.must(t, "store", "update", name, "--plan", string(p.store(t, name).Status.Release.Plan), "--wait")
	book.sells(t, "after the refused change")
	book.close(t)
	if store := p.store(t, name); store.Status.Receipt.OrderNumber != made.Receipt.OrderNumber {
		t.Errorf("the receipt is for order %s, was for %s", store.Status.Receipt.OrderNumber, made.Receipt.OrderNumber)
	}
}

// setPlan changes the plan, by turns with the command line and as kubectl does.
func (p *platform) setPlan(t *testing.T, name, plan string, turn int) {
	t.Helper()
	if turn%2 == 0 {
		p.must(t, "store", "update", name, "--plan", plan, "--wait")
		return
	}
	p.patchSpec(t, name, map[string]any{"plan": plan})
	p.waitState(t, name, v1alpha1.StateReady, 3*time.Minute)
	p.awaitUpdated(t, name)
}

// patchSpec changes the spec of a store as kubectl does.
func (p *platform) patchSpec(t *testing.T, name string, spec map[string]any) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"spec": spec})
	if err != nil {
		t.Fatal(err)
	}
	store := &v1alpha1.Store{}
	store.Name = name
	if err := p.kube.Patch(t.Context(), store, client.RawPatch(types.MergePatchType, data)); err != nil {
		t.Fatal(err)
	}
}

// verifyPlan fails the test unless every container has what the plan gives it.
func (p *platform) verifyPlan(t *testing.T, k kind, namespace, name string, plan v1alpha1.Plan) {
	t.Helper()
	if got := p.store(t, name).Status.Release.Plan; got != plan {
		t.Errorf("the store says that it has plan %s, want %s", got, plan)
	}
	var pods corev1.PodList
	if err := p.kube.List(t.Context(), &pods, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	limits := map[string]string{}
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp != nil {
			continue // What is on its way out has the plan before.
		}
		for _, container := range pod.Spec.Containers {
			limits[container.Name] = container.Resources.Limits.Memory().String()
		}
	}
	known, _ := engine.Find(all.Engines(), k.engine)
	for _, container := range known.Plans[plan].Containers {
		if limits[container.Name] != container.Resources.MemoryLimit {
			t.Errorf("container %s may use %s of memory in plan %s, want %s", container.Name, limits[container.Name], plan, container.Resources.MemoryLimit)
		}
	}
	p.verifyVolumes(t, namespace, known.Plans[plan].DatabaseStorage)
}

// verifyVolumes fails the test unless each claim has the storage that was asked for, and that is as much as a plan gives at least.
func (p *platform) verifyVolumes(t *testing.T, namespace, least string) {
	t.Helper()
	var claims corev1.PersistentVolumeClaimList
	if err := p.kube.List(t.Context(), &claims, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	for _, claim := range claims.Items {
		has, requests := claim.Status.Capacity.Storage(), claim.Spec.Resources.Requests.Storage()
		if has.Cmp(*requests) != 0 || has.Cmp(resource.MustParse(least)) < 0 {
			t.Errorf("claim %s has %s and requests %s; the plan gives %s", claim.Name, has, requests, least)
		}
	}
}

// podUIDs returns the pods of a namespace.
func (p *platform) podUIDs(t *testing.T, namespace string) []string {
	t.Helper()
	var pods corev1.PodList
	if err := p.kube.List(t.Context(), &pods, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	var uids []string
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp == nil {
			uids = append(uids, string(pod.UID))
		}
	}
	slices.Sort(uids)
	return uids
}

// TestKilledControllerFinishesAChangeUnderCustomers kills the controller again and again while the plan and the title of a store change: the
// store ends with what was asked for, and no order is lost.
func TestKilledControllerFinishesAChangeUnderCustomers(t *testing.T) {
	slowChange(t)
	eachEngine(t, testKilledControllerFinishesAChange)
}

func testKilledControllerFinishesAChange(t *testing.T, p *platform, k kind) {
	const name = "interrupted"
	made := p.create(t, k.engine, name)
	book := p.openPacedBook(t, k, name, 30*time.Minute, 2*time.Second)
	for i, plan := range []string{"medium", "small", "medium", "small"} {
		book.sells(t, "before plan "+plan)
		title := fmt.Sprintf("Shop %d", i)
		p.patchSpec(t, name, map[string]any{"plan": plan, "displayName": title})
		killAtRandomMoments(t, 10*time.Second)
		p.waitState(t, name, v1alpha1.StateReady, 5*time.Minute)
		p.awaitUpdated(t, name)
		p.verifyPlan(t, k, made.Namespace, name, v1alpha1.Plan(plan))
		p.verifyTitle(t, k, name, title)
	}
	book.sells(t, "after all changes")
	book.close(t)
}
