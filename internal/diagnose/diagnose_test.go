package diagnose

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func ago(seconds int) metav1.Time {
	return metav1.NewTime(now().Add(-time.Duration(seconds) * time.Second))
}

func pod(component string, statuses ...corev1.ContainerStatus) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: component + "-0", Labels: map[string]string{"app.kubernetes.io/component": component}, CreationTimestamp: ago(300),
		},
		Status: corev1.PodStatus{ContainerStatuses: statuses},
	}
}

func waitingFor(reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: "main", Image: "shop:1", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}},
	}
}

// notFound is a container whose image the registry does not have.
func notFound() corev1.ContainerStatus {
	status := waitingFor("ImagePullBackOff")
	status.State.Waiting.Message = `Back-off pulling image "shop:1": ErrImagePull: failed to resolve reference "registry.example/shop:1": registry.example/shop:1: not found`
	return status
}

func ended(reason string, code, restarts int32) corev1.ContainerStatus {
	status := waitingFor("CrashLoopBackOff")
	status.RestartCount = restarts
	status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code}
	return status
}

// logging is a container that exited again and again with the same last line.
func logging(line string, restarts int32) corev1.ContainerStatus {
	status := ended("Error", 1, restarts)
	status.LastTerminationState.Terminated.Message = line
	return status
}

func runningSince(seconds int) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: ago(seconds)}},
	}
}

func unscheduled(seconds int, message string) corev1.Pod {
	p := pod("server")
	p.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
		Message: message, LastTransitionTime: ago(seconds),
	}}
	return p
}

func warning(kind, name, reason, message string) corev1.Event {
	return corev1.Event{
		InvolvedObject: corev1.ObjectReference{Kind: kind, Name: name}, Reason: reason, Message: message, LastTimestamp: ago(5),
	}
}

func claim(phase corev1.PersistentVolumeClaimPhase) corev1.PersistentVolumeClaim {
	class := "fast"
	return corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data-database-0"},
		Spec:       corev1.PersistentVolumeClaimSpec{StorageClassName: &class},
		Status:     corev1.PersistentVolumeClaimStatus{Phase: phase},
	}
}

func set(wanted, there int32) appsv1.StatefulSet {
	return appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "database"},
		Spec:       appsv1.StatefulSetSpec{Replicas: &wanted},
		Status:     appsv1.StatefulSetStatus{Replicas: there},
	}
}

func refusing(message string) appsv1.Deployment {
	return appsv1.Deployment{Status: appsv1.DeploymentStatus{Conditions: []appsv1.DeploymentCondition{{
		Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: message,
	}}}}
}

const overQuota = `pods "server-1" is forbidden: exceeded quota: tight, requested: pods=1, used: pods=1, limited: pods=1`

func TestWorkloads(t *testing.T) {
	tests := map[string]struct {
		reason   string
		symptoms Symptoms
		// since is how long the workloads have been unready, in seconds.
		since   int
		want    string
		outlook Outlook
		text    string
	}{
		"Healthy":             {"nothing is wrong with a start that has just begun", Symptoms{Pods: []corev1.Pod{pod("server", runningSince(1))}}, 5, "", Waiting, ""},
		"ImageBackOff":        {"the kubelet has given up for now", Symptoms{Pods: []corev1.Pod{pod("server", waitingFor("ImagePullBackOff"))}}, 5, v1alpha1.ReasonImagePullFailed, Retrying, "shop:1 for server"},
		"ImageFirstTry":       {"one failed pull may be a hiccup", Symptoms{Pods: []corev1.Pod{pod("server", waitingFor("ErrImagePull"))}}, 5, v1alpha1.ReasonImagePullFailed, Waiting, "shop:1"},
		"ImageNeverPulled":    {"it will never be pulled", Symptoms{Pods: []corev1.Pod{pod("server", waitingFor("ErrImageNeverPull"))}}, 5, v1alpha1.ReasonImagePullFailed, NeedsAction, "shop:1"},
		"ImageName":           {"no registry has such a name", Symptoms{Pods: []corev1.Pod{pod("server", waitingFor("InvalidImageName"))}}, 5, v1alpha1.ReasonImagePullFailed, NeedsAction, "shop:1"},
		"ImageNotFound":       {"the registry has no such image", Symptoms{Pods: []corev1.Pod{pod("server", notFound())}}, 5, v1alpha1.ReasonImagePullFailed, NeedsAction, "Cannot pull image shop:1 for server: not found"},
		"CrashOnce":           {"a first crash may be a bad start", Symptoms{Pods: []corev1.Pod{pod("server", ended("Error", 3, 1))}}, 5, v1alpha1.ReasonCrashLooping, Waiting, "exit code 3"},
		"CrashLoop":           {"the third crash is a loop", Symptoms{Pods: []corev1.Pod{pod("worker", ended("Error", 3, 3))}}, 5, v1alpha1.ReasonCrashLooping, Retrying, "worker exited with exit code 3"},
		"OutOfMemory":         {"memory is a cause of its own", Symptoms{Pods: []corev1.Pod{pod("server", ended("OOMKilled", 137, 3))}}, 5, v1alpha1.ReasonOutOfMemory, Retrying, "memory limit"},
		"OutOfMemoryOnce":     {"once may be chance", Symptoms{Pods: []corev1.Pod{pod("server", ended("OOMKilled", 137, 1))}}, 5, v1alpha1.ReasonOutOfMemory, Waiting, "memory limit"},
		"VolumeFull":          {"the last lines of the log say so", Symptoms{Pods: []corev1.Pod{pod("database", logging("InnoDB: Write failed: No space left on device", 3))}}, 5, v1alpha1.ReasonVolumeFull, NeedsAction, "volume of database is full"},
		"VolumeFullOnce":      {"the reserve may be enough", Symptoms{Pods: []corev1.Pod{pod("web", logging("cp: write error: no space left on device", 1))}}, 5, v1alpha1.ReasonVolumeFull, Waiting, "volume of web is full"},
		"OtherLastLine":       {"not every crash comes from the volume", Symptoms{Pods: []corev1.Pod{pod("web", logging("Segmentation fault", 3))}}, 5, v1alpha1.ReasonCrashLooping, Retrying, "exit code 1"},
		"JustUnschedulable":   {"a node may become free", Symptoms{Pods: []corev1.Pod{unscheduled(5, "0/1 nodes are available: 1 Insufficient cpu.")}}, 5, v1alpha1.ReasonUnschedulable, Waiting, "Insufficient cpu"},
		"LongUnschedulable":   {"no node becomes free", Symptoms{Pods: []corev1.Pod{unscheduled(21, "0/1 nodes are available: 1 Insufficient memory.")}}, 25, v1alpha1.ReasonUnschedulable, Retrying, "Insufficient memory"},
		"UnschedulableVolume": {"a pod waits for its volume", Symptoms{Pods: []corev1.Pod{unscheduled(21, "pod has unbound immediate PersistentVolumeClaims")}}, 25, v1alpha1.ReasonVolumeNotBound, Retrying, "waits for its volume"},
		"QuotaOfDeployment":   {"a Deployment says it in a condition", Symptoms{Deployments: []appsv1.Deployment{refusing(overQuota)}}, 3, v1alpha1.ReasonQuotaExceeded, NeedsAction, "tight"},
		"QuotaOfStatefulSet":  {"a StatefulSet says it in an event", Symptoms{StatefulSets: []appsv1.StatefulSet{set(1, 0)}, Events: []corev1.Event{warning("StatefulSet", "database", "FailedCreate", overQuota)}}, 3, v1alpha1.ReasonQuotaExceeded, NeedsAction, "tight"},
		"QuotaOfThePast":      {"the pods exist, the event is old", Symptoms{StatefulSets: []appsv1.StatefulSet{set(1, 1)}, Events: []corev1.Event{warning("StatefulSet", "database", "FailedCreate", overQuota)}}, 3, "", Waiting, ""},
		"QuotaNotCountedYet":  {"a new quota is counted within moments", Symptoms{Deployments: []appsv1.Deployment{refusing(`pods "x" is forbidden: status unknown for quota: plan`)}}, 3, "", Waiting, ""},
		"LimitRange":          {"a container is too large", Symptoms{Deployments: []appsv1.Deployment{refusing(`pods "x" is forbidden: maximum memory usage per Container is 64Mi, but limit is 512Mi`)}}, 3, v1alpha1.ReasonQuotaExceeded, NeedsAction, "64Mi"},
		"PodSecurity":         {"a policy refuses the pods", Symptoms{Deployments: []appsv1.Deployment{refusing(`pods "x" is forbidden: violates PodSecurity "restricted:latest"`)}}, 3, v1alpha1.ReasonPodsForbidden, NeedsAction, "violates PodSecurity"},
		"NoStorageClass":      {"nothing will create the volume", Symptoms{Claims: []corev1.PersistentVolumeClaim{claim(corev1.ClaimPending)}, Events: []corev1.Event{warning("PersistentVolumeClaim", "data-database-0", "ProvisioningFailed", `storageclass.storage.k8s.io "fast" not found`)}}, 3, v1alpha1.ReasonVolumeNotBound, NeedsAction, `StorageClass "fast" not found`},
		"ProvisionerFails":    {"a provisioner may recover", Symptoms{Claims: []corev1.PersistentVolumeClaim{claim(corev1.ClaimPending)}, Events: []corev1.Event{warning("PersistentVolumeClaim", "data-database-0", "ProvisioningFailed", "disk full")}}, 3, v1alpha1.ReasonVolumeNotBound, Waiting, "disk full"},
		"ProvisionerIsStuck":  {"it does not", Symptoms{Claims: []corev1.PersistentVolumeClaim{claim(corev1.ClaimPending)}, Events: []corev1.Event{warning("PersistentVolumeClaim", "data-database-0", "ProvisioningFailed", "disk full")}}, 30, v1alpha1.ReasonVolumeNotBound, Retrying, "disk full"},
		"BoundMeanwhile":      {"the claim is bound, the event is old", Symptoms{Claims: []corev1.PersistentVolumeClaim{claim(corev1.ClaimBound)}, Events: []corev1.Event{warning("PersistentVolumeClaim", "data-database-0", "ProvisioningFailed", "disk full")}}, 30, "", Waiting, ""},
		"ProbeAtStart":        {"every start looks like this", Symptoms{Pods: []corev1.Pod{pod("server", runningSince(60))}, Events: []corev1.Event{warning("Pod", "server-0", "Unhealthy", "connection refused")}}, 60, v1alpha1.ReasonProbeFailing, Waiting, "connection refused"},
		"ProbeForever":        {"no start takes that long", Symptoms{Pods: []corev1.Pod{pod("server", runningSince(121))}, Events: []corev1.Event{warning("Pod", "server-0", "Unhealthy", "connection refused")}}, 300, v1alpha1.ReasonProbeFailing, Retrying, "connection refused"},
		"ProbeAfterLongWait":  {"a container that has just been started gets its full time, whatever delayed it", Symptoms{Pods: []corev1.Pod{pod("server", runningSince(20))}, Events: []corev1.Event{warning("Pod", "server-0", "Unhealthy", "connection refused")}}, 300, v1alpha1.ReasonProbeFailing, Waiting, "connection refused"},
		"Deadline":            {"something is wrong, the cause is unknown", Symptoms{}, 121, v1alpha1.ReasonDeadlineExceeded, Retrying, "2m0s"},
		"RootBeforeSymptom": {
			"a certain cause wins over what only looks wrong",
			Symptoms{Pods: []corev1.Pod{pod("server", ended("Error", 1, 1)), pod("database", waitingFor("ImagePullBackOff"))}},
			5, v1alpha1.ReasonImagePullFailed, Retrying, "database",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.symptoms.Now, test.symptoms.Since = now(), ago(test.since).Time
			got := Workloads(test.symptoms)
			if got.Reason != test.want || got.Outlook != test.outlook || !strings.Contains(got.Text(), test.text) {
				t.Errorf("%s: got %+v, want %q outlook=%d with %q", test.reason, got, test.want, test.outlook, test.text)
			}
			if got.Outlook != Waiting && got.Fix == "" {
				t.Error("a certain cause without a fix")
			}
		})
	}
}

func TestDeletedPodsAreNoCause(t *testing.T) {
	deleted := pod("server", waitingFor("ImagePullBackOff"))
	deleted.DeletionTimestamp = new(ago(1))
	if got := Workloads(Symptoms{Now: now(), Since: ago(5).Time, Pods: []corev1.Pod{deleted}}); got.Reason != "" {
		t.Errorf("got %+v", got)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	cause := Refusal("pods is forbidden: " + strings.Repeat("é\n", 1000))
	if len([]rune(cause.Message)) > 260 || strings.Contains(cause.Message, "\n") {
		t.Errorf("a message of %d characters", len([]rune(cause.Message)))
	}
}
