package helmrelease

import (
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	helmengine "helm.sh/helm/v4/pkg/engine"
	helmutil "helm.sh/helm/v4/pkg/release/v1/util"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/engine"
)

// render renders the chart of a store from what the controller hands it.
func render(t *testing.T, spec v1alpha1.StoreSpec) (engine.Recipe, []string) {
	t.Helper()
	files, err := charts.Store(string(spec.Engine))
	if err != nil {
		t.Fatal(err)
	}
	chart, err := LoadChart(files)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := engine.Engines{
		Settings: engine.Settings{Domain: "shopflow.localhost", Scheme: "http", Port: 8080, IngressClass: "shopflow", StorageClass: "standard"},
		Catalog: catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Software{
			v1alpha1.EngineMedusa: {
				Version: "2.21.2", Images: map[string]string{"medusa": "medusa:1", "database": "database:1", "cache": "cache:1"},
			},
			v1alpha1.EngineWooCommerce: {Version: "11.0.1", Images: map[string]string{"web": "web:1", "database": "database:1"}},
		}},
	}.Recipe(&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo"}, Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := chart.load()
	if err != nil {
		t.Fatal(err)
	}
	values, err := util.ToRenderValues(loaded, recipe.Values, common.ReleaseOptions{Name: "demo", Namespace: "store-demo"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := helmengine.Render(loaded, values)
	if err != nil {
		t.Fatal(err)
	}
	for name := range rendered {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(rendered, name)
		}
	}
	hooks, manifests, err := helmutil.SortManifests(rendered, nil, helmutil.InstallOrder)
	if err != nil {
		t.Fatal(err)
	}
	if len(hooks) != 0 {
		t.Errorf("the chart has %d hooks: nothing waits for them", len(hooks))
	}
	var documents []string
	for _, manifest := range manifests {
		documents = append(documents, manifest.Content)
	}
	return recipe, documents
}

// specs returns stores of every engine, by name.
func specs() map[string]v1alpha1.StoreSpec {
	specs := map[string]v1alpha1.StoreSpec{}
	for _, name := range engine.Names() {
		for _, plan := range []v1alpha1.Plan{v1alpha1.PlanSmall, v1alpha1.PlanMedium, v1alpha1.PlanLarge} {
			specs[string(name)+"/"+string(plan)] = v1alpha1.StoreSpec{Engine: name, Plan: plan}
		}
		specs[string(name)+"/hostile"] = v1alpha1.StoreSpec{Engine: name, DisplayName: hostileTitle}
	}
	return specs
}

const hostileTitle = "\"quotes\" 'x' $(reboot) {{ .Values }}\n- name: X\n🛍️ <b> \\ `id`"

// workload is what Deployments and StatefulSets have in common.
type workload struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            struct {
		Template             corev1.PodTemplateSpec         `json:"template"`
		VolumeClaimTemplates []corev1.PersistentVolumeClaim `json:"volumeClaimTemplates"`
		PodManagementPolicy  appsv1.PodManagementPolicyType `json:"podManagementPolicy"`
	} `json:"spec"`
}

func workloads(t *testing.T, documents []string) []workload {
	t.Helper()
	var found []workload
	for _, document := range documents {
		var object workload
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if object.Metadata.Labels[v1alpha1.LabelStore] != "demo" {
			t.Errorf("%s %s is not marked as the store's", object.Kind, object.Metadata.Name)
		}
		if object.Kind == "Deployment" || object.Kind == "StatefulSet" {
			found = append(found, object)
		}
	}
	return found
}

func TestChartsStayInsideTheFence(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	for name, spec := range specs() {
		t.Run(name, func(t *testing.T) {
			recipe, documents := render(t, spec)
			found := workloads(t, documents)
			var names []string
			for _, object := range found {
				names = append(names, object.Metadata.Name)
				pod := object.Spec.Template
				for _, result := range evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec) {
					if !result.Allowed {
						t.Errorf("%s: %s: %s", object.Metadata.Name, result.ForbiddenReason, result.ForbiddenDetail)
					}
				}
				checkPod(t, object.Metadata.Name, pod)
				for _, claim := range object.Spec.VolumeClaimTemplates {
					if claim.Labels[v1alpha1.LabelStore] != "demo" {
						t.Errorf("claim %s of %s is not marked as the store's", claim.Name, object.Metadata.Name)
					}
				}
				if object.Kind == "StatefulSet" && object.Spec.PodManagementPolicy != appsv1.ParallelPodManagement {
					t.Errorf("%s: a pod that cannot start would block the upgrade that mends it", object.Metadata.Name)
				}
			}
			for _, needed := range append(recipe.SellsWith, recipe.Entrance, engine.Database) {
				if !slices.Contains(names, needed) {
					t.Errorf("the chart has no workload %s but %v", needed, names)
				}
			}
			checkSized(t, recipe.Size, found)
			checkFits(t, recipe.Size.Total(), found)
		})
	}
}

func checkPod(t *testing.T, name string, pod corev1.PodTemplateSpec) {
	t.Helper()
	if pod.Labels[v1alpha1.LabelStore] != "demo" || pod.Labels["app.kubernetes.io/component"] != name {
		t.Errorf("pods of %s have labels %v", name, pod.Labels)
	}
	if token := pod.Spec.AutomountServiceAccountToken; token == nil || *token {
		t.Errorf("pods of %s get a token", name)
	}
	if links := pod.Spec.EnableServiceLinks; links == nil || *links {
		t.Errorf("pods of %s get service links", name)
	}
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if readOnly := container.SecurityContext.ReadOnlyRootFilesystem; readOnly == nil || !*readOnly {
			t.Errorf("container %s of %s can write to its root", container.Name, name)
		}
		if len(container.Resources.Requests) != 2 || len(container.Resources.Limits) != 2 {
			t.Errorf("container %s of %s has resources %+v", container.Name, name, container.Resources)
		}
	}
}

// checkFits makes sure that the quota lets a rolling update of every Deployment through.
func checkFits(t *testing.T, total engine.Total, found []workload) {
	t.Helper()
	var memory, cpu resource.Quantity
	for _, object := range found {
		times := 1
		if object.Kind == "Deployment" {
			times = 2
		}
		for range times {
			for _, container := range object.Spec.Template.Spec.Containers {
				memory.Add(*container.Resources.Limits.Memory())
				cpu.Add(*container.Resources.Limits.Cpu())
				if container.Resources.Limits.Memory().Cmp(total.LargestMemory) > 0 {
					t.Errorf("container %s is larger than the LimitRange lets it be", container.Name)
				}
			}
		}
	}
	if memory.Cmp(total.MemoryLimit) > 0 || cpu.Cmp(total.CPULimit) > 0 {
		t.Errorf("a rolling update needs %s and %s CPUs, the quota is %s and %s", memory.String(), cpu.String(), total.MemoryLimit.String(), total.CPULimit.String())
	}
}

// checkSized makes sure that the plan sizes every container, and none that is not there.
func checkSized(t *testing.T, size engine.Size, found []workload) {
	t.Helper()
	var wanted, got []string
	for _, container := range size.Containers {
		wanted = append(wanted, container.Component+"/"+container.Name+" "+container.Resources.MemoryLimit)
	}
	for _, object := range found {
		for _, container := range object.Spec.Template.Spec.Containers {
			got = append(got, object.Metadata.Name+"/"+container.Name+" "+container.Resources.Limits.Memory().String())
		}
	}
	slices.Sort(wanted)
	slices.Sort(got)
	if !slices.Equal(got, wanted) {
		t.Errorf("containers %v, the plan has %v", got, wanted)
	}
}

// TestHostileTitleIsOneString makes sure that a title cannot become YAML, another variable or a template.
func TestHostileTitleIsOneString(t *testing.T) {
	for _, name := range engine.Names() {
		_, documents := render(t, specs()[string(name)+"/hostile"])
		found := 0
		for _, object := range workloads(t, documents) {
			for _, container := range slices.Concat(object.Spec.Template.Spec.InitContainers, object.Spec.Template.Spec.Containers) {
				for _, variable := range container.Env {
					if variable.Name != "STORE_NAME" {
						continue
					}
					found++
					// The kubelet turns a doubled dollar sign back into one.
					if got := strings.ReplaceAll(variable.Value, "$$", "$"); got != hostileTitle {
						t.Errorf("%s of %s gets %q", container.Name, name, got)
					}
					if strings.Contains(strings.ReplaceAll(variable.Value, "$$", ""), "$(") {
						t.Errorf("%s of %s gets %q, which the kubelet expands", container.Name, name, variable.Value)
					}
				}
			}
		}
		if found == 0 {
			t.Errorf("no container of %s gets the title", name)
		}
	}
}
