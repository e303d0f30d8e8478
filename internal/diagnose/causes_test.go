package diagnose

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// The objects here look as a kubelet and a scheduler write them.

func ownedPod(component, kind, owner string, statuses ...corev1.ContainerStatus) corev1.Pod {
	p := pod(component, statuses...)
	controller := true
	p.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Name: owner, Controller: &controller}}
	p.Status.Phase = corev1.PodRunning
	return p
}

func endingStatus(name, reason string, code, restarts int32, line string) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: name, Image: "localhost/medusa:2.21.2", RestartCount: restarts,
		State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 5s restarting failed container=" + name}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, Message: line}},
	}
}

func podEvent(pod, reason, message string, count int32) corev1.Event {
	return corev1.Event{InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: pod}, Reason: reason, Message: message, Count: count}
}

// TestCauses has a case for each row of docs/failures.md that is found in the cluster: its sentence, its fix and its chain. A cause needs a
// person at once if no retry cures it.
func TestCauses(t *testing.T) {
	medusaDied := "npm verb stack\n{\"level\":\"error\",\"message\":\"Error starting server\"}\nError: getaddrinfo ENOTFOUND cache\n}\n"
	initializing := pod("server")
	initializing.Status.Phase = corev1.PodPending
	initializing.Status.InitContainerStatuses = []corev1.ContainerStatus{
		{Name: "wait", Ready: true, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 0, Reason: "Completed"}}},
		endingStatus("initialize", "Error", 1, 3, "relation \"tax_rate\" already exists\n"),
	}
	starting := func(component string) corev1.ContainerStatus {
		status := runningSince(130)
		status.Name = component
		return status
	}
	unfit := func(message string) corev1.Pod {
		p := unscheduled(30, message)
		p.Name = "server-6d5f-abcde"
		return p
	}
	refused := `Startup probe failed: Get "http://10.244.0.8:9000/readyz": dial tcp 10.244.0.8:9000: connect: connection refused`
	answered := "Readiness probe failed: HTTP probe failed with statuscode: 503"
	runningLong := func(component string) corev1.ContainerStatus {
		status := starting(component)
		status.RestartCount = 1
		status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 137}}
		return status
	}
	gated := pod("server")
	gated.Status.Phase = corev1.PodPending
	gated.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonSchedulingGated, Message: "Scheduling is blocked due to non-empty scheduling gates",
	}}
	mounting := pod("worker", waitingFor("ContainerCreating"))
	mounting.Status.Phase = corev1.PodPending
	for name, test := range map[string]struct {
		symptoms  Symptoms
		want      string
		says, fix string
		chain     []string
		// atOnce is set where no retry cures the cause.
		atOnce bool
	}{
		"ImagePull": {
			Symptoms{Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-6d5f", corev1.ContainerStatus{Name: "server", Image: "localhost/absent:1", State: corev1.ContainerState{
				Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: `Back-off pulling image "localhost/absent:1"`},
			}})}},
			v1alpha1.ReasonImagePullFailed, "Cannot pull image localhost/absent:1 for server (ImagePullBackOff)", "Load the image",
			[]string{"Deployment/server", "Pod/server-0", "Container/server"},
			false,
		},
		"CrashLoop": {
			Symptoms{Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-6d5f", endingStatus("server", "Error", 1, 4, medusaDied))}},
			v1alpha1.ReasonCrashLooping, "Container server of server exited with exit code 1 (4 restarts): Error: getaddrinfo ENOTFOUND cache", "error that it names",
			[]string{"Deployment/server", "Pod/server-0", "Container/server"},
			false,
		},
		"NoErrorInTheLog": {
			Symptoms{Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-6d5f", endingStatus("server", "Error", 1, 4, "GET /readyz 200\nlistening on port 9000\n"))}},
			v1alpha1.ReasonCrashLooping, "Container server of server exited with exit code 1 (4 restarts)$", "logs",
			[]string{"Deployment/server", "Pod/server-0", "Container/server"},
			false,
		},
		"EndedBySignal": {
			Symptoms{Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-6d5f", endingStatus("server", "Error", 137, 4, "Error: an old one\n"))}},
			v1alpha1.ReasonCrashLooping, "Container server of server was ended by signal SIGKILL, exit code 137 (4 restarts)$", "logs",
			[]string{"Deployment/server", "Pod/server-0", "Container/server"},
			false,
		},
		"EndedByTheKubelet": {
			Symptoms{
				Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-6d5f", endingStatus("server", "Error", 143, 4, "Error: an old one\n"))},
				Events: []corev1.Event{
					podEvent("server-0", "Unhealthy", "Liveness probe failed: context deadline exceeded", 6),
					podEvent("server-0", "Killing", "Container server failed liveness probe, will be restarted", 1),
				},
			},
			v1alpha1.ReasonCrashLooping,
			"Container server of server was ended by the kubelet because it failed its liveness probe (4 restarts): Liveness probe failed: context deadline exceeded (6 times)$", "logs",
			[]string{"Deployment/server", "Pod/server-0", "Container/server"},
			false,
		},
		"EndsWithoutError": {
			Symptoms{Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-1", endingStatus("server", "Completed", 0, 3, ""))}},
			v1alpha1.ReasonCrashLooping, "Container server of server exited with exit code 0 (3 restarts)", "logs",
			[]string{"Deployment/server", "Pod/server-0", "Container/server"},
			false,
		},
		"OutOfMemory": {
			Symptoms{Pods: []corev1.Pod{ownedPod("worker", "ReplicaSet", "worker-1", endingStatus("worker", "OOMKilled", 137, 3, ""))}},
			v1alpha1.ReasonOutOfMemory, "was killed because it exceeded its memory limit", "larger plan",
			[]string{"Deployment/worker", "Pod/worker-0", "Container/worker"},
			false,
		},
		"UnschedulableCPU": {
			Symptoms{Pods: []corev1.Pod{unfit("0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pods.")}},
			v1alpha1.ReasonUnschedulable, "No node has enough free CPU for server", "smaller plan",
			[]string{"Pod/server-6d5f-abcde", "Event/FailedScheduling"},
			false,
		},
		"UnschedulableMemory": {
			Symptoms{Pods: []corev1.Pod{unfit("0/3 nodes are available: 3 Insufficient memory.")}},
			v1alpha1.ReasonUnschedulable, "No node has enough free memory for server", "smaller plan",
			[]string{"Pod/server-6d5f-abcde", "Event/FailedScheduling"},
			false,
		},
		"UnschedulablePods": {
			Symptoms{Pods: []corev1.Pod{unfit("0/1 nodes are available: 1 Too many pods.")}},
			v1alpha1.ReasonUnschedulable, "No node accepts another pod for server", "Add a node",
			[]string{"Pod/server-6d5f-abcde", "Event/FailedScheduling"},
			false,
		},
		"Quota": {
			Symptoms{StatefulSets: []appsv1.StatefulSet{set(1, 0)}, Events: []corev1.Event{warning("StatefulSet", "database", "FailedCreate", "create Pod database-0 in StatefulSet database failed error: "+overQuota)}},
			v1alpha1.ReasonQuotaExceeded, "quota of the store's namespace is used up: tight", "larger plan",
			[]string{"StatefulSet/database", "Event/FailedCreate"},
			true,
		},
		"VolumeNotBound": {
			Symptoms{Claims: []corev1.PersistentVolumeClaim{claim(corev1.ClaimPending)}, Events: []corev1.Event{warning("PersistentVolumeClaim", "data-database-0", "ProvisioningFailed", `storageclass.storage.k8s.io "fast" not found`)}},
			v1alpha1.ReasonVolumeNotBound, `Cannot create volume data-database-0: StorageClass "fast" not found`, "Create the StorageClass",
			[]string{"PersistentVolumeClaim/data-database-0", "Event/ProvisioningFailed"},
			true,
		},
		"VolumeFull": {
			Symptoms{Pods: []corev1.Pod{ownedPod("database", "StatefulSet", "database", endingStatus("database", "Error", 1, 3, "PANIC:  could not write to file \"pg_wal/xlogtemp.34\": No space left on device\n"))}},
			v1alpha1.ReasonVolumeFull, "The volume of database is full", "Enlarge the volume",
			[]string{"StatefulSet/database", "Pod/database-0", "Container/database"},
			true,
		},
		"ProbeRefused": {
			Symptoms{Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-1", starting("server"))}, Events: []corev1.Event{warning("Pod", "server-0", "Unhealthy", refused)}},
			v1alpha1.ReasonProbeFailing, "is running but not responding: " + refused, "logs",
			[]string{"Deployment/server", "Pod/server-0", "Container/server", "Event/Unhealthy"},
			false,
		},
		"ProbeAnswered": {
			Symptoms{Pods: []corev1.Pod{ownedPod("server", "ReplicaSet", "server-1", starting("server"))}, Events: []corev1.Event{warning("Pod", "server-0", "Unhealthy", answered)}},
			v1alpha1.ReasonProbeFailing, "statuscode: 503", "logs",
			[]string{"Deployment/server", "Pod/server-0", "Container/server", "Event/Unhealthy"},
			false,
		},
		"DatabaseNotReady": {
			Symptoms{
				Pods:   []corev1.Pod{ownedPod("server", "ReplicaSet", "server-1", starting("server")), ownedPod("database", "StatefulSet", "database", starting("database"))},
				Events: []corev1.Event{warning("Pod", "server-0", "Unhealthy", refused), warning("Pod", "database-0", "Unhealthy", "Readiness probe failed: connection refused")},
			},
			v1alpha1.ReasonDatabaseNotReady, "The database is running but not responding, and the other components wait for it", "logs of the database",
			[]string{"StatefulSet/database", "Pod/database-0", "Container/database", "Event/Unhealthy"},
			false,
		},
		"DatabaseNotReadyAgain": {
			Symptoms{
				Pods:   []corev1.Pod{ownedPod("database", "StatefulSet", "database", runningLong("database"))},
				Events: []corev1.Event{warning("Pod", "database-0", "Unhealthy", "Startup probe failed: i/o timeout")},
			},
			v1alpha1.ReasonDatabaseNotReady, "The database is running but not responding", "logs of the database",
			[]string{"StatefulSet/database", "Pod/database-0", "Container/database", "Event/Unhealthy"},
			false,
		},
		"DatabaseNotReadyAndOthersEnd": {
			Symptoms{
				Pods: []corev1.Pod{
					ownedPod("server", "ReplicaSet", "server-1", endingStatus("server", "Error", 143, 3, "")),
					ownedPod("database", "StatefulSet", "database", starting("database")),
				},
				Events: []corev1.Event{warning("Pod", "database-0", "Unhealthy", "Readiness probe failed: i/o timeout")},
			},
			v1alpha1.ReasonDatabaseNotReady, "The database is running but not responding, and the other components wait for it", "logs of the database",
			[]string{"StatefulSet/database", "Pod/database-0", "Container/database", "Event/Unhealthy"},
			false,
		},
		"NeverScheduled": {
			Symptoms{Pods: []corev1.Pod{gated}},
			v1alpha1.ReasonDeadlineExceeded,
			"The pod of server is not ready after 2m0s (pending): Scheduling is blocked due to non-empty scheduling gates", "events",
			[]string{"Pod/server-0", "Condition/SchedulingGated"},
			false,
		},
		"NeverMounted": {
			Symptoms{Pods: []corev1.Pod{mounting}, Events: []corev1.Event{warning("Pod", "worker-0", "FailedMount", `secret "keys" not found`)}},
			v1alpha1.ReasonDeadlineExceeded,
			`The pod of worker is not ready after 2m0s (pending): secret "keys" not found`, "events",
			[]string{"Pod/worker-0", "Event/FailedMount"},
			false,
		},
		"NeverCreated": {
			Symptoms{Pods: []corev1.Pod{mounting}},
			v1alpha1.ReasonDeadlineExceeded,
			`The pod of worker is not ready after 2m0s (pending): ContainerCreating`, "events",
			[]string{"Pod/worker-0", "Container/main"},
			false,
		},
		"InitFailed": {
			Symptoms{Pods: []corev1.Pod{initializing}},
			v1alpha1.ReasonInitFailed, `Init container initialize of server (2 of 2) fails with exit code 1: relation "tax_rate" already exists`, "error that it names",
			[]string{"Pod/server-0", "Container/initialize"},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.symptoms.Now, test.symptoms.Since = now(), ago(300).Time
			cause := Workloads(test.symptoms)
			check(t, cause, test.want, test.says, test.fix)
			var chain []string
			for _, link := range cause.Chain {
				chain = append(chain, link.Kind+"/"+link.Name)
			}
			if diff := cmp.Diff(test.chain, chain); diff != "" {
				t.Errorf("chain (-want +got):\n%s", diff)
			}
			want := Retrying
			if test.atOnce {
				want = NeedsAction
			}
			if cause.Outlook != want {
				t.Errorf("outlook %d, want %d", cause.Outlook, want)
			}
		})
	}
}

func check(t *testing.T, cause Cause, reason, says, fix string) {
	t.Helper()
	// A dollar sign is the end of the sentence.
	says, whole := strings.CutSuffix(says, "$")
	if whole && !strings.HasSuffix(cause.Message, says) {
		t.Errorf("got %s; want %q at the end", cause.Message, says)
	}
	if cause.Reason != reason || !strings.Contains(cause.Message, says) || !strings.Contains(cause.Fix, fix) {
		t.Errorf("got %s: %s / %s; want %s with %q and %q", cause.Reason, cause.Message, cause.Fix, reason, says, fix)
	}
	for _, text := range []string{cause.Message, cause.Fix} {
		if strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "…") && strings.Count(text, ".") == 1 || strings.Contains(text, "\n") {
			t.Errorf("%q is not one sentence on one line without a full stop", text)
		}
	}
}

func TestPhases(t *testing.T) {
	for name, test := range map[string]struct {
		cause             Cause
		reason, says, fix string
		outlook           Outlook
	}{
		"HelmOnce":    {Helm("context deadline exceeded", false, false, 1), v1alpha1.ReasonInstallFailed, "Helm cannot install the store: context deadline", "Helm error", Waiting},
		"HelmThrice":  {Helm("context deadline exceeded", false, false, 3), v1alpha1.ReasonInstallFailed, "Helm cannot install", "keeps retrying", Retrying},
		"HelmUpgrade": {Helm(`cannot patch "server"`, true, false, 3), v1alpha1.ReasonUpgradeFailed, "Helm cannot upgrade", "keeps retrying", Retrying},
		"HelmValues":  {Helm("values don't meet the schema", false, true, 1), v1alpha1.ReasonValuesInvalid, "rejects the store's values", "different settings", NeedsAction},
		"HelmRefused": {Helm(`services "server" is forbidden: ValidatingAdmissionPolicy 'x' denied request`, false, false, 3), v1alpha1.ReasonInstallFailed, `services "server" is forbidden`, "Helm error", Retrying},
		"HelmPods":    {Helm(`pods "job" is forbidden: violates PodSecurity`, false, false, 1), v1alpha1.ReasonPodsForbidden, "violates PodSecurity", "policy", NeedsAction},
		"OtherObject": {Refusal(`networkpolicies.networking.k8s.io "default-deny" is forbidden: no rules today`), v1alpha1.ReasonApplyFailed, `"default-deny" is forbidden`, "policy", NeedsAction},
		"Terminating": {Refusal(`services "a" is forbidden: unable to create new content in namespace b because it is being terminated`), "", "", "", Waiting},
		"HelmQuota":   {Helm(overQuota, false, false, 1), v1alpha1.ReasonQuotaExceeded, "tight", "larger plan", NeedsAction},
		"RouteYoung":  {Route("nginx", "a.example", now(), now().Add(time.Second)), v1alpha1.ReasonRouteNotAccepted, "class nginx serves a.example", "class nginx is running", Waiting},
		"RouteNever":  {Route("nginx", "a.example", now(), now().Add(2*time.Minute)), v1alpha1.ReasonRouteNotAccepted, "class nginx", "ingress controller", Retrying},
		"SaleAnswer": {
			FailedSale(Sale{Step: "Fill the cart", Number: 5, Of: 12, Status: 500, Answer: `{"message":"no price"}`, Failures: 6}), v1alpha1.ReasonSaleFailed,
			`The sale failed at step 5 of 12, "Fill the cart": the store answered 500 {"message":"no price"}`, "store's logs", Retrying,
		},
		"SaleSilence": {FailedSale(Sale{Step: "Open the shop", Number: 1, Of: 12, Detail: "Connection refused", Failures: 1}), v1alpha1.ReasonSaleFailed, "step 1 of 12", "address", Waiting},
		"SaleUnknown": {FailedSale(Sale{}), v1alpha1.ReasonSaleFailed, "The sale failed", "logs", Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, test.cause, test.reason, test.says, test.fix)
			if test.cause.Outlook != test.outlook {
				t.Errorf("outlook %d, want %d", test.cause.Outlook, test.outlook)
			}
		})
	}
}

// TestCertainReasonsHaveAdvice covers the reasons that phases report without a diagnosis.
func TestCertainReasonsHaveAdvice(t *testing.T) {
	for _, reason := range []string{
		v1alpha1.ReasonEngineUnavailable, v1alpha1.ReasonNamespaceTaken, v1alpha1.ReasonNamespaceTerminating, v1alpha1.ReasonLocked,
		v1alpha1.ReasonApplyFailed,
	} {
		if Advice(reason) == "" {
			t.Errorf("%s has no advice", reason)
		}
	}
	if advice := Advice(v1alpha1.ReasonPodsNotReady); advice != "" {
		t.Errorf("there is only to wait, but the advice is %q", advice)
	}
}
