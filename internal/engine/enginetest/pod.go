package enginetest

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// checkPod makes sure that a workload's pods keep to what their namespace allows, and say how they are.
func checkPod(t reporter, o object) {
	t.Helper()
	pod := o.Spec.Template
	if len(pod.Spec.Containers) == 0 {
		return
	}
	name := o.Kind + " " + o.Metadata.Name
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Errorf("%s: Pod Security: %v", name, err)
		return
	}
	level := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	for _, result := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
		if !result.Allowed {
			t.Errorf("%s: Pod Security: %s: %s", name, result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
	if pod.Labels[v1alpha1.LabelStore] != "demo" || pod.Labels["app.kubernetes.io/component"] != o.Metadata.Name {
		t.Errorf("pods of %s have the labels %v", name, pod.Labels)
	}
	if token := pod.Spec.AutomountServiceAccountToken; token == nil || *token {
		t.Errorf("pods of %s get a service account token", name)
	}
	if links := pod.Spec.EnableServiceLinks; links == nil || *links {
		t.Errorf("pods of %s get the addresses of services in their environment", name)
	}
	claims := map[string]bool{}
	for _, claim := range o.Spec.VolumeClaimTemplates {
		claims[claim.Name] = true
	}
	for _, volume := range pod.Spec.Volumes {
		claims[volume.Name] = volume.PersistentVolumeClaim != nil
	}
	for _, container := range o.containers() {
		checkContainer(t, name, container, claims)
	}
	checkProbes(t, name, pod.Spec.Containers)
}

func checkContainer(t reporter, name string, container corev1.Container, claims map[string]bool) {
	t.Helper()
	if security := container.SecurityContext; security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
		t.Errorf("container %s of %s can write to its image", container.Name, name)
	}
	for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		request, limit := container.Resources.Requests[resource], container.Resources.Limits[resource]
		if request.IsZero() || request.Cmp(limit) >= 0 {
			t.Errorf("container %s of %s has no %s request below a limit", container.Name, name, resource)
		}
	}
	var variables []string
	for _, variable := range container.Env {
		if slices.Contains(variables, variable.Name) {
			t.Errorf("container %s of %s: %s is set twice, which server-side apply refuses", container.Name, name, variable.Name)
		}
		variables = append(variables, variable.Name)
	}
	for _, mount := range container.VolumeMounts {
		if claims[mount.Name] && !mount.ReadOnly && container.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
			t.Errorf("container %s of %s writes to a volume and would not say that it is full", container.Name, name)
		}
	}
}

func checkProbes(t reporter, name string, containers []corev1.Container) {
	t.Helper()
	listens := false
	for _, container := range containers {
		if len(container.Ports) == 0 {
			continue
		}
		listens = true
		if container.StartupProbe == nil || container.LivenessProbe == nil || container.ReadinessProbe == nil {
			t.Errorf("container %s of %s listens and lacks a probe", container.Name, name)
		}
	}
	if !listens {
		t.Errorf("no container of %s listens, so nothing says when its pods are ready", name)
	}
}
