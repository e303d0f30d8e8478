package enginetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// hostileTitle is a title that would become something else wherever it is not treated as text.
const hostileTitle = "\"quotes\" 'x' $(DATABASE_PASSWORD) $$ {{ .Values }} <b>\n- name: X # `id` \\n 🛍️\u2028\t"

// object is the part of a rendered object that the tests look at.
type object struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Data            map[string]string `json:"data"`
	Spec            struct {
		IngressClassName     string                         `json:"ingressClassName"`
		Rules                []struct{ Host string }        `json:"rules"`
		Template             corev1.PodTemplateSpec         `json:"template"`
		VolumeClaimTemplates []corev1.PersistentVolumeClaim `json:"volumeClaimTemplates"`
		PodManagementPolicy  appsv1.PodManagementPolicyType `json:"podManagementPolicy"`
	} `json:"spec"`
}

func (o object) containers() []corev1.Container {
	return slices.Concat(o.Spec.Template.Spec.InitContainers, o.Spec.Template.Spec.Containers)
}

// checkChart renders the chart as the controller does: for each plan and, with an installer, for an empty database.
func checkChart(t *testing.T, e engine.Engine) {
	chart, err := helmrelease.LoadChart(e.Chart)
	if err != nil {
		t.Fatal(err)
	}
	credentials := newCredentials(t, e)
	for plan := range e.Plans {
		t.Run(string(plan), func(t *testing.T) {
			recipe := Recipe(t, e, v1alpha1.StoreSpec{Plan: plan, DisplayName: hostileTitle})
			objects := render(t, chart, recipe.Values)
			checkObjects(t, recipe, objects)
			checkSizes(t, recipe.Size, objects)
			checkSecrets(t, credentials, recipe.Values, objects)
			checkTitle(t, objects)
			for _, o := range objects {
				checkPod(t, o)
			}
		})
	}
	if e.Installer != (engine.Image{}) {
		t.Run("EmptyDatabase", func(t *testing.T) {
			recipe := Recipe(t, e, v1alpha1.StoreSpec{DisplayName: hostileTitle})
			recipe.Values["images"].(map[string]any)[e.Installer.Role] = "installer:1"
			recipe.Values[engine.Database].(map[string]any)["golden"] = false
			objects := render(t, chart, recipe.Values)
			checkSecrets(t, credentials, recipe.Values, objects)
			checkTitle(t, objects)
			for _, o := range objects {
				checkPod(t, o)
			}
		})
	}
	t.Run("Schema", func(t *testing.T) { checkSchema(t, e, chart) })
}

// render returns the objects of a release by kind and name.
func render(t *testing.T, chart *helmrelease.Chart, values map[string]any) map[string]object {
	t.Helper()
	rendered, err := chart.Render("store-demo", "demo", values)
	if err != nil {
		t.Fatal(err)
	}
	if len(rendered.Hooks) != 0 {
		t.Errorf("the chart has %d hooks: nothing waits for them", len(rendered.Hooks))
	}
	objects := map[string]object{}
	for _, document := range rendered.Objects {
		// Strict decoding of the generic form finds keys that are there twice.
		var generic map[string]any
		if err := yaml.UnmarshalStrict([]byte(document), &generic); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		var o object
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		objects[o.Kind+"/"+o.Metadata.Name] = o
	}
	return objects
}

// checkObjects makes sure that the objects have the names and labels that the controller, the quota and people rely on.
func checkObjects(t reporter, recipe engine.Recipe, objects map[string]object) {
	t.Helper()
	var workloads, components []string
	images := map[string]bool{}
	for name, o := range objects {
		if o.Metadata.Labels[v1alpha1.LabelStore] != "demo" {
			t.Errorf("%s lacks the label of its store", name)
		}
		if o.Kind == "PersistentVolumeClaim" && o.Metadata.Annotations["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s and its data are deleted with the release", name)
		}
		if o.Kind != "Deployment" && o.Kind != "StatefulSet" {
			continue
		}
		workloads = append(workloads, o.Metadata.Name)
		for _, claim := range o.Spec.VolumeClaimTemplates {
			if claim.Labels[v1alpha1.LabelStore] != "demo" {
				t.Errorf("claim %s of %s lacks the label of its store", claim.Name, name)
			}
		}
		if o.Kind == "StatefulSet" && o.Spec.PodManagementPolicy != appsv1.ParallelPodManagement {
			t.Errorf("%s: a pod that cannot start would block the upgrade that repairs it", name)
		}
		for _, container := range o.containers() {
			images[container.Image] = true
		}
	}
	for _, component := range recipe.Engine.Components {
		components = append(components, component.Name)
	}
	slices.Sort(workloads)
	slices.Sort(components)
	if !slices.Equal(workloads, components) {
		t.Errorf("the chart has the workloads %v, the engine the components %v", workloads, components)
	}
	if _, ok := objects["Service/"+recipe.Engine.Frontend]; !ok {
		t.Errorf("the frontend %s has no Service", recipe.Engine.Frontend)
	}
	if ingress := objects["Ingress/store"]; ingress.Spec.IngressClassName != "shopflow" || len(ingress.Spec.Rules) != 1 || ingress.Spec.Rules[0].Host != recipe.Host {
		t.Errorf("the Ingress store is %+v; want class shopflow and host %s", ingress.Spec, recipe.Host)
	}
	for _, image := range recipe.Engine.Images {
		if !images[image.Role+":1"] {
			t.Errorf("no container runs the image of role %s", image.Role)
		}
	}
}

// checkSizes makes sure that the plan sizes every container, and that its quota lets a rolling update through.
func checkSizes(t reporter, size engine.Size, objects map[string]object) {
	t.Helper()
	var want, got []string
	for _, container := range size.Containers {
		want = append(want, container.Component+"/"+container.Name+" "+container.Resources.MemoryLimit)
	}
	total := size.Total()
	memory, cpu := total.MemoryLimit.DeepCopy(), total.CPULimit.DeepCopy()
	for _, o := range objects {
		times := 1
		if o.Kind == "Deployment" {
			times = 2
		}
		for _, container := range o.Spec.Template.Spec.Containers {
			got = append(got, o.Metadata.Name+"/"+container.Name+" "+container.Resources.Limits.Memory().String())
			for range times {
				memory.Sub(*container.Resources.Limits.Memory())
				cpu.Sub(*container.Resources.Limits.Cpu())
			}
			if container.Resources.Limits.Memory().Cmp(total.LargestMemory) > 0 {
				t.Errorf("container %s is larger than the LimitRange allows", container.Name)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the chart has the containers %v, the plan %v", got, want)
	}
	if memory.Sign() < 0 || cpu.Sign() < 0 {
		t.Errorf("a rolling update exceeds the quota by %s of memory and %s of CPU", memory.String(), cpu.String())
	}
}

// checkSecrets makes sure that pods get secrets from the store's Secret alone, and only those that are generated.
func checkSecrets(t reporter, credentials map[string]string, values map[string]any, objects map[string]object) {
	t.Helper()
	check := func(where, secret, key string) {
		if _, ok := credentials[key]; secret != v1alpha1.CredentialsSecret || !ok {
			t.Errorf("%s uses key %s of Secret %s; the credentials have %v", where, key, secret, slices.Sorted(maps.Keys(credentials)))
		}
	}
	for name, o := range objects {
		for _, container := range o.containers() {
			for _, variable := range container.Env {
				if variable.ValueFrom != nil && variable.ValueFrom.SecretKeyRef != nil {
					check(name, variable.ValueFrom.SecretKeyRef.Name, variable.ValueFrom.SecretKeyRef.Key)
				}
			}
		}
		for _, volume := range o.Spec.Template.Spec.Volumes {
			if volume.Secret == nil {
				continue
			}
			for _, item := range volume.Secret.Items {
				check(name, volume.Secret.SecretName, item.Key)
			}
		}
		if o.Kind == "Secret" {
			t.Errorf("the chart creates Secret %s", o.Metadata.Name)
		}
	}
	written, err := json.Marshal(values)
	if err != nil {
		t.Errorf("encode values: %v", err)
	}
	for key, value := range credentials {
		if key != v1alpha1.KeyAdminEmail && strings.Contains(string(written), value) {
			t.Errorf("the values hold the credential %s", key)
		}
	}
}

// checkTitle makes sure that the title cannot become YAML, a variable or a template.
func checkTitle(t reporter, objects map[string]object) {
	t.Helper()
	found := 0
	for name, o := range objects {
		for _, container := range o.containers() {
			for _, variable := range container.Env {
				if variable.Name != "STORE_NAME" {
					continue
				}
				found++
				if from := variable.ValueFrom; from != nil && from.ConfigMapKeyRef != nil {
					if got := objects["ConfigMap/"+from.ConfigMapKeyRef.Name].Data[from.ConfigMapKeyRef.Key]; got != hostileTitle {
						t.Errorf("container %s of %s gets the title %q", container.Name, name, got)
					}
					continue
				}
				// The kubelet turns a doubled dollar sign into one, and expands what follows a single one.
				if got := strings.ReplaceAll(variable.Value, "$$", "$"); got != hostileTitle {
					t.Errorf("container %s of %s gets the title %q", container.Name, name, got)
				}
				if strings.Contains(strings.ReplaceAll(variable.Value, "$$", ""), "$(") {
					t.Errorf("container %s of %s gets the title %q, which the kubelet expands", container.Name, name, variable.Value)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no container gets the title as STORE_NAME")
	}
}
