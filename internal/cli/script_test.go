package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/cli"
	"shopflow.dev/shopflow/internal/server/servertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"shopflow": func() {
			os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
		"browse": browse,
	})
}

// TestScripts runs the command line against the real handlers. Kubernetes is in memory (see servertest), and a stand-in for
// the controller writes the statuses: what stores are named decides what becomes of them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			platform := servertest.New(t, servertest.Options{})
			ctx, cancel := context.WithCancel(context.Background())
			env.Defer(cancel)
			if err := runController(ctx, t, platform.Objects); err != nil {
				return err
			}
			docs, err := filepath.Abs(filepath.Join("..", "..", "docs"))
			if err != nil {
				return err
			}
			env.Setenv("DOCS", docs)
			env.Setenv("PLATFORM", platform.URL)
			env.Setenv("TOKEN", servertest.Token)
			folder := filepath.Join(env.WorkDir, ".shopflow")
			if err := os.Mkdir(folder, 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(folder, "client.yaml"), []byte("server: "+platform.URL+"\ntoken: "+servertest.Token+"\n"), 0o600)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

const finalizer = "shopflow.dev/stand-in"

// runController stands in for the controller until the context is done.
func runController(ctx context.Context, t *testing.T, objects client.WithWatch) error {
	changes, err := objects.Watch(ctx, &v1alpha1.StoreList{})
	if err != nil {
		return err
	}
	go func() {
		defer changes.Stop()
		for {
			select {
			case change := <-changes.ResultChan():
				store, ok := change.Object.(*v1alpha1.Store)
				if !ok {
					return
				}
				if err := control(ctx, objects, store.DeepCopy()); client.IgnoreNotFound(err) != nil && ctx.Err() == nil {
					t.Errorf("the stand-in for the controller: %v", err)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

// control takes the store one step further. Every step makes a change that brings it here again.
func control(ctx context.Context, objects client.Client, store *v1alpha1.Store) error {
	switch {
	case !store.DeletionTimestamp.IsZero() && store.Name == "blocked":
		if store.Status.Deletion != nil {
			return nil
		}
		store.Status.Deletion = &v1alpha1.Deletion{StartedAt: at(0), Remaining: v1alpha1.Remaining{Namespaces: 1, Pods: 1}, Blocker: "Pod web has the finalizer example.com/hold"}
		return objects.Status().Update(ctx, store)
	case !store.DeletionTimestamp.IsZero() && store.Status.Deletion == nil:
		store.Status.Deletion = &v1alpha1.Deletion{StartedAt: at(0), Remaining: v1alpha1.Remaining{Namespaces: 1, Pods: 2, Secrets: 3}}
		return objects.Status().Update(ctx, store)
	case !store.DeletionTimestamp.IsZero() && store.Status.Deletion.VerifiedAt == nil:
		end := at(2500)
		store.Status.Deletion.VerifiedAt, store.Status.Deletion.Remaining = &end, v1alpha1.Remaining{}
		return objects.Status().Update(ctx, store)
	case !store.DeletionTimestamp.IsZero():
		store.Finalizers = nil
		return objects.Update(ctx, store)
	case len(store.Finalizers) == 0:
		store.Finalizers = []string{finalizer}
		return objects.Update(ctx, store)
	case len(store.Status.Conditions) > 0 && len(store.Status.Timeline) == phasesOf(store.Name):
		if refresh := store.RequestedRefresh(); refresh != nil && refresh.EndedAt == nil {
			return endRefresh(ctx, objects, store, refresh)
		}
		return nil
	default:
		if err := begin(ctx, objects, store); err != nil {
			return err
		}
		return objects.Status().Update(ctx, store)
	}
}

// endRefresh ends a refresh: of a store that is named after it badly, and of all others well.
func endRefresh(ctx context.Context, objects client.Client, store *v1alpha1.Store, refresh *v1alpha1.Refresh) error {
	now := metav1.NewMicroTime(refresh.RequestedAt.Add(time.Second))
	refresh.EndedAt = &now
	reason, status := v1alpha1.ReasonSucceeded, metav1.ConditionTrue
	if strings.HasSuffix(store.Name, "-back") {
		refresh.Failure = "The shop answered 500"
		reason, status = v1alpha1.ReasonRefreshFailed, metav1.ConditionFalse
	}
	store.Status.Refresh = refresh
	meta.SetStatusCondition(&store.Status.Conditions, metav1.Condition{Type: v1alpha1.UpToDate, Status: status, Reason: reason, Message: reason})
	return objects.Status().Update(ctx, store)
}

// phasesOf returns how many phases the store with the name gets through, or into.
func phasesOf(name string) int {
	if strings.HasPrefix(name, "bad") || strings.HasPrefix(name, "slow") {
		return 5
	}
	return len(v1alpha1.Phases())
}

// begin ends the phase that the store is in and begins the next.
func begin(ctx context.Context, objects client.Client, store *v1alpha1.Store) error {
	status := &store.Status
	n := len(status.Timeline)
	if n > 0 {
		end := at(100 * n)
		status.Timeline[n-1].EndedAt = &end
	}
	status.Timeline = append(status.Timeline, v1alpha1.TimelineEntry{Phase: v1alpha1.Phases()[n], StartedAt: at(100 * n)})
	condition := metav1.Condition{Type: v1alpha1.Ready, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonPodsNotReady, Message: "Waits for the database"}
	last := n+1 == phasesOf(store.Name)
	switch {
	case last && strings.HasPrefix(store.Name, "bad"):
		condition = metav1.Condition{Type: v1alpha1.Stalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonImagePullFailed, Message: "Image example/none cannot be pulled. Load it"}
		status.Cause = &v1alpha1.Cause{
			Reason: v1alpha1.ReasonImagePullFailed, Message: "Image example/none cannot be pulled", Fix: "Load it",
			Chain: []v1alpha1.CauseLink{{Kind: "Pod", Name: "server-1", Message: "Pending"}},
		}
	case last && !strings.HasPrefix(store.Name, "slow"):
		end := at(100 * (n + 1))
		status.Timeline[n].EndedAt = &end
		condition.Status, condition.Reason, condition.Message = metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "Sold"
		status.Receipt = &v1alpha1.Receipt{OrderNumber: "1", SoldAt: end, Milliseconds: 640, Steps: []v1alpha1.ReceiptStep{
			{Name: "List products", Milliseconds: 35}, {Name: "Place the order", Milliseconds: 305},
		}}
		status.Namespace, status.URL, status.AdminURL = "store-of-"+store.Name, "http://"+store.Name+".example", "http://"+store.Name+".example/app"
		if err := makeCredentials(ctx, objects, status.Namespace); err != nil {
			return err
		}
	}
	condition.LastTransitionTime = metav1.NewTime(servertest.Now())
	status.Conditions = []metav1.Condition{condition}
	if last && strings.HasPrefix(store.Name, "old") {
		status.Conditions = append(status.Conditions, metav1.Condition{
			Type: v1alpha1.UpToDate, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonOutdated, Message: "Newer images", LastTransitionTime: condition.LastTransitionTime,
		})
	}
	return nil
}

func makeCredentials(ctx context.Context, objects client.Client, namespace string) error {
	return objects.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "store-credentials"}, Data: map[string][]byte{
		"admin-email": []byte("owner@example"), "admin-password": []byte("open-sesame"), "publishable-key": []byte("pk_1"),
	}})
}

// at returns a time so many milliseconds after the store was made.
func at(milliseconds int) metav1.MicroTime {
	return metav1.NewMicroTime(servertest.Now().Add(time.Duration(milliseconds) * time.Millisecond))
}
