package store

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestFailedBeforeRetry(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	pod := func(created time.Duration, ready corev1.ConditionStatus, since time.Duration) *corev1.Pod {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(now.Add(-created))}}
		if ready != "" {
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: ready, LastTransitionTime: metav1.NewTime(now.Add(-since))}}
		}
		return pod
	}
	deleted := pod(time.Hour, corev1.ConditionFalse, time.Hour)
	deleted.DeletionTimestamp = new(metav1.NewTime(now))
	for name, test := range map[string]struct {
		requested time.Duration
		pod       *corev1.Pod
		want      bool
	}{
		"NeverReady":   {2 * time.Second, pod(time.Minute, corev1.ConditionFalse, time.Minute), true},
		"NotScheduled": {2 * time.Second, pod(time.Minute, "", 0), true},
		"Successor":    {2 * time.Second, pod(time.Second, corev1.ConditionFalse, time.Second), false},
		"SameSecond":   {500 * time.Millisecond, pod(time.Second, corev1.ConditionFalse, time.Second), false},
		"Ready":        {2 * time.Second, pod(time.Hour, corev1.ConditionTrue, time.Hour), false},
		"FailedLater":  {time.Minute, pod(time.Hour, corev1.ConditionFalse, 30*time.Second), false},
		"LongAgo":      {10 * time.Minute, pod(time.Hour, corev1.ConditionFalse, time.Hour), false},
		"BeingDeleted": {2 * time.Second, deleted, false},
	} {
		t.Run(name, func(t *testing.T) {
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{
				v1alpha1.AnnotationRetryAt: now.Add(-test.requested).Format(time.RFC3339Nano),
			}}}
			if got := failedBeforeRetry(store, test.pod, now); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
	if failedBeforeRetry(&v1alpha1.Store{}, pod(time.Hour, corev1.ConditionFalse, time.Hour), now) {
		t.Error("restarted although no retry was requested")
	}
}
