package woocommerce

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// pods returns the templates of the chart's pods by the names of their workloads.
func pods(t *testing.T, title string, change func(values map[string]any)) map[string]corev1.PodTemplateSpec {
	t.Helper()
	chart, err := helmrelease.LoadChart(Engine().Chart)
	if err != nil {
		t.Fatal(err)
	}
	values := enginetest.Recipe(t, Engine(), v1alpha1.StoreSpec{DisplayName: title}).Values
	change(values)
	rendered, err := chart.Render("store-demo", "demo", values)
	if err != nil {
		t.Fatal(err)
	}
	templates := map[string]corev1.PodTemplateSpec{}
	for _, document := range rendered.Objects {
		var workload struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     struct{ Template corev1.PodTemplateSpec }
		}
		if err := yaml.Unmarshal([]byte(document), &workload); err != nil {
			t.Fatal(err)
		}
		if workload.Kind == "Deployment" || workload.Kind == "StatefulSet" {
			templates[workload.Metadata.Name] = workload.Spec.Template
		}
	}
	return templates
}

// TestTitleRestartsNothing changes the title alone, also of a shop that is installed in its pod.
func TestTitleRestartsNothing(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"Golden": func(map[string]any) {},
		"Installed": func(values map[string]any) {
			values["images"].(map[string]any)["build"] = "build:1"
			values["database"].(map[string]any)["golden"] = false
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(pods(t, "One", change), pods(t, "Another", change)); diff != "" {
				t.Errorf("the pods (-one +another):\n%s", diff)
			}
		})
	}
}

// TestMachineSecret makes sure that PHP alone can read the platform's tokens, as files that change while it runs.
func TestMachineSecret(t *testing.T) {
	for secret, want := range map[string][]string{"": nil, "store-machine": {"web/php"}} {
		var readers []string
		for name, pod := range pods(t, "Demo", func(values map[string]any) { values["machineSecret"] = secret }) {
			for _, volume := range pod.Spec.Volumes {
				if volume.Secret != nil && (volume.Secret.SecretName != secret || !*volume.Secret.Optional || *volume.Secret.DefaultMode != 0o440) {
					t.Errorf("the volume of the tokens: %+v", volume.Secret)
				}
			}
			for _, container := range pod.Spec.Containers {
				for _, mount := range container.VolumeMounts {
					if mount.MountPath == "/etc/shopflow/machine" && mount.ReadOnly && mount.SubPath == "" {
						readers = append(readers, name+"/"+container.Name)
					}
				}
				if slices.ContainsFunc(container.Env, func(v corev1.EnvVar) bool { return strings.Contains(v.String(), "store-machine") }) {
					t.Errorf("container %s has a token in its environment", container.Name)
				}
			}
		}
		if diff := cmp.Diff(want, readers); diff != "" {
			t.Errorf("with the Secret %q, who reads the tokens (-want +got):\n%s", secret, diff)
		}
	}
}
