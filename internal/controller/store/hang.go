package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

const (
	// idleCPU is what a container uses at most that does nothing, in thousandths of a core.
	idleCPU = 5
	// hangTime is how long a container that has never answered may do nothing, and hangUnmeasured how long it may take where nothing is
	// measured.
	hangTime, hangUnmeasured = 3 * time.Minute, 30 * time.Minute
	// measureInterval is how often a store is measured. Metrics are some seconds old anyway.
	measureInterval = 15 * time.Second
)

// work is when the pods of a store that start were last seen to do something, by their UIDs, and when they were last measured.
type work struct {
	measuredAt time.Time
	// measured tells that the last measurement had an answer.
	measured bool
	busyAt   map[types.UID]time.Time
}

// restartHung deletes the pods whose containers hang while they start. No probe ends those: what is slow on a busy node looks the same to it,
// and would begin again and again. What does nothing for minutes does not start.
func (r *Reconciler) restartHung(ctx context.Context, s *scope, pods []corev1.Pod) error {
	starting := startingPods(pods)
	if len(starting) == 0 {
		r.works.forget(s.store.UID)
		return nil
	}
	known := r.works.get(s.store.UID)
	if s.now.Sub(known.measuredAt) < measureInterval {
		return nil
	}
	used, err := r.cpuOf(ctx, s.namespace())
	if err != nil {
		return err
	}
	known = seen(known, starting, used, s.now)
	r.works.put(s.store.UID, known)
	for i := range starting {
		pod := &starting[i]
		if !hangs(pod, known, s.now) {
			continue
		}
		if err := r.restartPod(ctx, pod); err != nil {
			return err
		}
		r.Events.Eventf(s.store, nil, corev1.EventTypeWarning, "Restarted", "Restart", "Pod %s did nothing for minutes while it started", pod.Name)
	}
	return nil
}

// startingPods returns the pods with a container that runs and has never answered. Where the database is among them, the others may only
// wait for it.
func startingPods(pods []corev1.Pod) []corev1.Pod {
	starting := slices.DeleteFunc(slices.Clone(pods), func(pod corev1.Pod) bool {
		return !pod.DeletionTimestamp.IsZero() || startedAt(&pod).IsZero()
	})
	isDatabase := func(pod corev1.Pod) bool { return pod.Labels[v1alpha1.LabelComponent] == engine.Database }
	ready := func(pod corev1.Pod) bool { return isDatabase(pod) && podReady(&pod) }
	if slices.ContainsFunc(pods, isDatabase) && !slices.ContainsFunc(pods, ready) {
		return slices.DeleteFunc(starting, func(pod corev1.Pod) bool { return !isDatabase(pod) })
	}
	return starting
}

// startedAt returns when the last of a pod's containers began to run that has never answered, zero if there is none.
func startedAt(pod *corev1.Pod) (began time.Time) {
	for _, status := range pod.Status.ContainerStatuses {
		if running := status.State.Running; running != nil && status.Started != nil && !*status.Started && running.StartedAt.After(began) {
			began = running.StartedAt.Time
		}
	}
	return began
}

func podReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
		return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
	})
}

// seen adds a measurement to what is known. used is nil where nothing is measured, and has no entry for a pod that is too young.
func seen(known work, pods []corev1.Pod, used map[string]int64, now time.Time) work {
	next := work{measuredAt: now, measured: used != nil, busyAt: map[types.UID]time.Time{}}
	for _, pod := range pods {
		cpu, measured := used[pod.Name]
		switch busyAt := known.busyAt[pod.UID]; {
		case busyAt.IsZero(), measured && cpu > idleCPU, !measured && used != nil:
			next.busyAt[pod.UID] = now
		default:
			next.busyAt[pod.UID] = busyAt
		}
	}
	return next
}

// hangs reports whether a pod that starts has done nothing for so long that it will not start.
func hangs(pod *corev1.Pod, known work, now time.Time) bool {
	if !known.measured {
		return now.Sub(startedAt(pod)) >= hangUnmeasured
	}
	return now.Sub(startedAt(pod)) >= hangTime && now.Sub(known.busyAt[pod.UID]) >= hangTime
}

// cpuOf returns what the pods of a namespace use, in thousandths of a core by their names, nil where the cluster measures nothing.
func (r *Reconciler) cpuOf(ctx context.Context, namespace string) (map[string]int64, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "metrics.k8s.io", Version: "v1beta1", Kind: "PodMetricsList"})
	err := r.Live.List(ctx, list, client.InNamespace(namespace))
	if err != nil && ctx.Err() == nil {
		return nil, nil // A cluster without metrics, or whose metrics do not answer, still has stores that start.
	}
	if err != nil {
		return nil, fmt.Errorf("measure pods: %w", err)
	}
	used := map[string]int64{}
	for _, item := range list.Items {
		containers, _, err := unstructured.NestedSlice(item.Object, "containers")
		if err != nil {
			return nil, fmt.Errorf("read what pod %s uses: %w", item.GetName(), err)
		}
		for _, container := range containers {
			content, _ := container.(map[string]any)
			text, _, _ := unstructured.NestedString(content, "usage", "cpu")
			if cpu, err := resource.ParseQuantity(text); err == nil {
				used[item.GetName()] += cpu.MilliValue()
			}
		}
	}
	return used, nil
}
