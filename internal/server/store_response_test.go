package server_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

func TestAStoreIsShownWhole(t *testing.T) {
	start := servertest.Now().Add(-10 * time.Second)
	end := metav1.NewMicroTime(start.Add(1500 * time.Millisecond))
	shown := get(t, aStore("demo", func(s *v1alpha1.Store) {
		s.Spec.DisplayName, s.Spec.Version, s.Spec.AdminEmail = "Demo", "2.21.2", "me@example.com"
		s.Status = v1alpha1.StoreStatus{
			Namespace: "store-abc", URL: "http://demo.example", AdminURL: "http://demo.example/app",
			Release: &v1alpha1.Release{Name: "demo", Revision: 1},
			Receipt: &v1alpha1.Receipt{OrderNumber: "1", SoldAt: end, Milliseconds: 640, Steps: []v1alpha1.ReceiptStep{{Name: "list products", Milliseconds: 30}}},
			Timeline: []v1alpha1.TimelineEntry{
				{Phase: v1alpha1.NamespaceReady, StartedAt: metav1.NewMicroTime(start), EndedAt: &end},
				{Phase: v1alpha1.GuardrailsReady, StartedAt: end},
				{Phase: v1alpha1.Selling, StartedAt: metav1.NewMicroTime(servertest.Now().Add(time.Hour))},
			},
			Conditions: []metav1.Condition{
				{Type: v1alpha1.Ready, Status: metav1.ConditionFalse, Reason: "Pending", Message: "Waits for something", LastTransitionTime: metav1.NewTime(start)},
			},
			Deletion: &v1alpha1.Deletion{StartedAt: end, VerifiedAt: &end, Remaining: v1alpha1.Remaining{
				Namespaces: 1, PersistentVolumeClaims: 2, PersistentVolumes: 3, Secrets: 4, Services: 5, Ingresses: 6, Pods: 7,
			}, Blocker: "A pod"},
		}
	}))
	ended := end.UTC()
	want := server.Store{
		Name: "demo", UID: "uid-of-it", DisplayName: "Demo", Engine: "medusa", Version: "2.21.2", Plan: "small", Owner: "admin",
		AdminEmail: "me@example.com", State: server.StoreStateProvisioning, URL: "http://demo.example", AdminURL: "http://demo.example/app",
		Namespace: "store-abc", Release: "demo", CreatedAt: servertest.Now().Add(-time.Minute),
		Cause:   &server.Cause{Reason: "Pending", Message: "Waits for something"},
		Receipt: &server.Receipt{OrderNumber: "1", SoldAt: ended, Milliseconds: 640, Steps: []server.ReceiptStep{{Name: "list products", Milliseconds: 30}}},
		Timeline: []server.Phase{
			{Phase: v1alpha1.NamespaceReady, StartedAt: start, EndedAt: &ended, Seconds: 1.5},
			{Phase: v1alpha1.GuardrailsReady, StartedAt: ended, Seconds: 8.5},
			{Phase: v1alpha1.Selling, StartedAt: servertest.Now().Add(time.Hour), Seconds: 0},
		},
		Conditions: []server.Condition{{Type: "Ready", Status: "False", Reason: "Pending", Message: "Waits for something", LastTransitionTime: start}},
		Deletion: &server.Deletion{StartedAt: ended, VerifiedAt: &ended, Blocker: "A pod", Remaining: server.Remaining{
			Namespaces: 1, PersistentVolumeClaims: 2, PersistentVolumes: 3, Secrets: 4, Services: 5, Ingresses: 6, Pods: 7,
		}},
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("store differs (-want +got):\n%s", diff)
	}
}

func get(t *testing.T, store *v1alpha1.Store) server.Store {
	t.Helper()
	var shown server.Store
	body := request{reason: store.Name, options: with(store), method: http.MethodGet, path: "/api/v1/stores/" + store.Name, status: 200}.check(t)
	if err := json.Unmarshal(body, &shown); err != nil {
		t.Fatal(err)
	}
	return shown
}

func TestStateAndCause(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: "Says " + reason}
	}
	for name, test := range map[string]struct {
		change func(*v1alpha1.Store)
		state  server.StoreState
		cause  *server.Cause
	}{
		"New": {nil, server.StoreStateProvisioning, nil},
		"Provisioning": {func(s *v1alpha1.Store) {
			s.Status.Conditions = []metav1.Condition{condition(v1alpha1.Ready, metav1.ConditionFalse, "PodsNotReady"), condition(v1alpha1.Stalled, metav1.ConditionFalse, "x")}
		}, server.StoreStateProvisioning, &server.Cause{Reason: "PodsNotReady", Message: "Says PodsNotReady"}},
		"Failed": {func(s *v1alpha1.Store) {
			s.Status.Conditions = []metav1.Condition{condition(v1alpha1.Ready, metav1.ConditionFalse, "PodsNotReady"), condition(v1alpha1.Stalled, metav1.ConditionTrue, "ImagePullFailed")}
		}, server.StoreStateFailed, &server.Cause{Reason: "ImagePullFailed", Message: "Says ImagePullFailed"}},
		"Ready": {func(s *v1alpha1.Store) {
			s.Status.Conditions = []metav1.Condition{condition(v1alpha1.Ready, metav1.ConditionTrue, "Succeeded")}
		}, server.StoreStateReady, nil},
		"Deleting": {going, server.StoreStateDeleting, nil},
		"Diagnosed": {func(s *v1alpha1.Store) {
			s.Status.Conditions = []metav1.Condition{condition(v1alpha1.Ready, metav1.ConditionFalse, "CrashLooping"), condition(v1alpha1.Stalled, metav1.ConditionTrue, "CrashLooping")}
			s.Status.Cause = &v1alpha1.Cause{Reason: "CrashLooping", Message: "It ends", Fix: "Look", Chain: []v1alpha1.CauseLink{{Kind: "Pod", Name: "server-0", Message: "Running"}}}
		}, server.StoreStateFailed, &server.Cause{
			Reason: "CrashLooping", Message: "It ends", Fix: "Look", Chain: []server.CauseLink{{Kind: "Pod", Name: "server-0", Message: "Running"}},
		}},
		"OlderCause": {func(s *v1alpha1.Store) {
			s.Status.Conditions = []metav1.Condition{condition(v1alpha1.Ready, metav1.ConditionFalse, "PodsNotReady")}
			s.Status.Cause = &v1alpha1.Cause{Reason: "CrashLooping", Message: "It ends", Fix: "Look"}
		}, server.StoreStateProvisioning, &server.Cause{Reason: "PodsNotReady", Message: "Says PodsNotReady"}},
		"Blocked": {func(s *v1alpha1.Store) {
			going(s)
			s.Status.Deletion = &v1alpha1.Deletion{Blocker: "A finalizer of pod x"}
		}, server.StoreStateDeleting, &server.Cause{
			Reason: "DeleteBlocked", Message: "A finalizer of pod x", Fix: "Remove what it names; the delete continues automatically",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			shown := get(t, aStore("demo", test.change))
			if shown.State != test.state {
				t.Errorf("state is %s, want %s", shown.State, test.state)
			}
			if diff := cmp.Diff(test.cause, shown.Cause); diff != "" {
				t.Errorf("cause differs (-want +got):\n%s", diff)
			}
		})
	}
}
