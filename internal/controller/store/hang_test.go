package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// podOf is a pod whose container has run for a time. It is ready or has never answered.
func podOf(component string, since time.Time, answered bool) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "store-demo", Name: component + "-0", UID: types.UID(component), Labels: map[string]string{v1alpha1.LabelComponent: component},
	}}
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: component, Started: &answered, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(since)}},
	}}
	if answered {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	return pod
}

func TestStartingPods(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		pods []corev1.Pod
		want []string
	}{
		"Server":            {[]corev1.Pod{*podOf("database", now, true), *podOf("server", now, false)}, []string{"server-0"}},
		"OthersMayWait":     {[]corev1.Pod{*podOf("database", now, false), *podOf("server", now, false)}, []string{"database-0"}},
		"DatabaseIsMissing": {[]corev1.Pod{*podOf("server", now, false)}, []string{"server-0"}},
		"AllReady":          {[]corev1.Pod{*podOf("database", now, true), *podOf("server", now, true)}, nil},
	} {
		var got []string
		for _, pod := range startingPods(test.pods) {
			got = append(got, pod.Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestRestartHung lets a server start for minutes: it is restarted when it does nothing, and left alone while it works or waits for its
// database, however long that takes.
func TestRestartHung(t *testing.T) {
	for name, test := range map[string]struct {
		database bool
		// cpu is what the server uses at each measurement, "" where the metrics do not know it yet; nil means that nothing is measured.
		cpu []string
		// restarted is after which measurement the pod is gone, 0 for never.
		restarted int
	}{
		"Hangs":              {true, []string{"1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m"}, 13},
		"Works":              {true, []string{"1m", "90m", "400m", "80m", "6m", "90m", "90m", "90m", "90m", "90m", "90m", "90m", "90m", "90m"}, 0},
		"WorksNowAndThen":    {true, []string{"1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "7m", "1m", "1m", "1m", "1m"}, 0},
		"WaitsForDatabase":   {false, []string{"1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m", "1m"}, 0},
		"NotMeasuredYet":     {true, []string{"", "", "", "", "", "", "", "", "", "", "", "", "", ""}, 0},
		"NothingIsMeasured":  {true, nil, 0},
		"UnmeasuredForHours": {true, nil, 120},
	} {
		t.Run(name, func(t *testing.T) {
			scheme := runtime.NewScheme()
			if err := corev1.AddToScheme(scheme); err != nil {
				t.Fatal(err)
			}
			metrics := schema.GroupVersionKind{Group: "metrics.k8s.io", Version: "v1beta1", Kind: "PodMetrics"}
			scheme.AddKnownTypeWithName(metrics, &unstructured.Unstructured{})
			scheme.AddKnownTypeWithName(metrics.GroupVersion().WithKind("PodMetricsList"), &unstructured.UnstructuredList{})
			began := time.Now().Truncate(time.Second)
			pods := []*corev1.Pod{podOf("database", began, test.database), podOf("server", began, false)}
			objects := fake.NewClientBuilder().WithScheme(scheme).WithObjects(pods[0], pods[1]).WithInterceptorFuncs(interceptor.Funcs{
				List: func(ctx context.Context, next client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
					if _, isMetrics := list.(*unstructured.UnstructuredList); isMetrics && test.cpu == nil {
						return &meta.NoKindMatchError{GroupKind: metrics.GroupKind()}
					}
					return next.List(ctx, list, options...)
				},
			}).Build()
			r := New(Deps{Client: objects, Live: objects, Clock: clock.RealClock{}, Events: &events.FakeRecorder{}})
			rounds := max(len(test.cpu), test.restarted, 110)
			if test.cpu != nil {
				rounds = len(test.cpu)
			}
			for round := 1; round <= rounds; round++ {
				if test.cpu != nil && test.cpu[round-1] != "" {
					measure(t, objects, metrics, test.cpu[round-1])
				}
				s := newScope(&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", UID: "1"}}, began.Add(time.Duration(round)*measureInterval))
				s.tenant.Namespace = "store-demo"
				var list corev1.PodList
				if err := objects.List(t.Context(), &list); err != nil {
					t.Fatal(err)
				}
				if err := r.restartHung(t.Context(), s, list.Items); err != nil {
					t.Fatal(err)
				}
				err := objects.Get(t.Context(), client.ObjectKeyFromObject(pods[1]), &corev1.Pod{})
				if gone := err != nil; gone != (test.restarted > 0 && round >= test.restarted) {
					t.Fatalf("after measurement %d the pod is gone: %v", round, gone)
				}
			}
		})
	}
}

// measure sets what the server uses.
func measure(t *testing.T, objects client.Client, kind schema.GroupVersionKind, cpu string) {
	t.Helper()
	item := &unstructured.Unstructured{Object: map[string]any{
		"containers": []any{map[string]any{"name": "server", "usage": map[string]any{"cpu": cpu, "memory": "1Mi"}}},
	}}
	item.SetGroupVersionKind(kind)
	item.SetNamespace("store-demo")
	item.SetName("server-0")
	_ = objects.Delete(t.Context(), item.DeepCopy()) // It may be the first one.
	if err := objects.Create(t.Context(), item); err != nil {
		t.Fatal(err)
	}
}
