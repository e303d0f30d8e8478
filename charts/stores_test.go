package charts_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// object is the part of a rendered object that the tests look at.
type object struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            struct {
		Replicas             int                            `json:"replicas"`
		AccessModes          []string                       `json:"accessModes"`
		Template             corev1.PodTemplateSpec         `json:"template"`
		VolumeClaimTemplates []corev1.PersistentVolumeClaim `json:"volumeClaimTemplates"`
	} `json:"spec"`
}

// storeChart is the chart of one engine's stores, and what the tests have to know of it.
type storeChart struct {
	name string
	// process is the component that can have several replicas, and image the role of its image.
	process, image string
	// build is the role of the image that fills an empty database.
	build   string
	images  map[string]any
	objects []string
	// titled are the workloads that get the shop's title.
	titled []string
}

func storeCharts() []storeChart {
	return []storeChart{
		{
			name: "medusa", process: "server", image: "medusa", build: "medusaBuild",
			images: map[string]any{"medusa": "medusa:1", "database": "database:1", "cache": "cache:1"},
			objects: []string{
				"Deployment/server", "Deployment/worker", "Ingress/store", "PersistentVolumeClaim/uploads",
				"Service/cache", "Service/database", "Service/server", "StatefulSet/cache", "StatefulSet/database",
			},
			titled: []string{"Deployment/server", "Deployment/worker", "StatefulSet/database"},
		},
		{
			name: "woocommerce", process: "web", image: "web", build: "build",
			images: map[string]any{"web": "web:1", "database": "database:1"},
			objects: []string{
				"Deployment/web", "Ingress/store", "PersistentVolumeClaim/uploads", "Service/database", "Service/web",
				"StatefulSet/database",
			},
			titled: []string{"StatefulSet/database"},
		},
	}
}

// eachChart runs a test for each engine's chart.
func eachChart(t *testing.T, test func(*testing.T, storeChart)) {
	for _, chart := range storeCharts() {
		t.Run(chart.name, func(t *testing.T) { test(t, chart) })
	}
}

func (c storeChart) values() map[string]any {
	return map[string]any{
		"images": maps.Clone(c.images),
		"store": map[string]any{
			"name": "demo", "displayName": "Demo", "host": "demo.shopflow.localhost",
			"url": "http://demo.shopflow.localhost:8080", "adminEmail": "owner@demo.shopflow.localhost",
		},
		"credentialsSecret": "store-credentials",
	}
}

// baseline returns values for a store that starts with an empty database.
func (c storeChart) baseline() map[string]any {
	values := c.values()
	values["images"].(map[string]any)[c.build] = "build:1"
	values["database"] = map[string]any{"golden": false}
	return values
}

// render renders the chart as the controller's Helm does.
func (c storeChart) render(t *testing.T, values map[string]any) (map[string]object, error) {
	t.Helper()
	chart, err := loader.LoadDir(c.name)
	if err != nil {
		t.Fatal(err)
	}
	options := common.ReleaseOptions{Name: "demo", Namespace: "store-demo", Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, options, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	objects := map[string]object{}
	for name, content := range files {
		if !strings.HasSuffix(name, ".yaml") || strings.TrimSpace(content) == "" {
			continue
		}
		// Strict decoding of the generic form finds keys that are there twice.
		var generic map[string]any
		if err := yaml.UnmarshalStrict([]byte(content), &generic); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, content)
		}
		var o object
		if err := yaml.Unmarshal([]byte(content), &o); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, content)
		}
		objects[o.Kind+"/"+o.Metadata.Name] = o
	}
	return objects, nil
}

func readYAML(t *testing.T, file string) map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := yaml.UnmarshalStrict(content, &values); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return values
}

// The names that the controller, the quota and people rely on, whatever the size of the store.
func TestStoreObjects(t *testing.T) {
	eachChart(t, func(t *testing.T, c storeChart) {
		objects, err := c.render(t, c.values())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.objects, slices.Sorted(maps.Keys(objects))); diff != "" {
			t.Errorf("objects (-want +got):\n%s", diff)
		}
		for name, o := range objects {
			if o.Metadata.Labels["shopflow.dev/store"] != "demo" {
				t.Errorf("%s lacks the store's label", name)
			}
		}
	})
}

// TestUninstallKeepsData makes sure that every claim survives "helm uninstall": those of StatefulSets do, and no other is without its mark.
func TestUninstallKeepsData(t *testing.T) {
	eachChart(t, func(t *testing.T, c storeChart) {
		objects, err := c.render(t, c.values())
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range objects {
			if o.Kind == "PersistentVolumeClaim" && o.Metadata.Annotations["helm.sh/resource-policy"] != "keep" {
				t.Errorf("%s is deleted with the release", name)
			}
		}
	})
}

func TestStorePods(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	eachChart(t, func(t *testing.T, c storeChart) {
		for name, values := range map[string]map[string]any{"golden": c.values(), "empty database": c.baseline()} {
			objects, err := c.render(t, values)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range objects {
				pod := o.Spec.Template
				if len(pod.Spec.Containers) == 0 {
					continue
				}
				t.Run(name+"/"+o.Kind+" "+o.Metadata.Name, func(t *testing.T) {
					level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
					for _, result := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
						if !result.Allowed {
							t.Errorf("Pod Security: %s: %s", result.ForbiddenReason, result.ForbiddenDetail)
						}
					}
					checkPod(t, pod.Spec)
				})
			}
		}
	})
}

func checkPod(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("gets a service account token")
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		t.Error("gets the addresses of services in its environment")
	}
	for _, c := range append(pod.InitContainers, pod.Containers...) {
		if c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
			t.Errorf("container %s can write to its image", c.Name)
		}
		for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			request, limit := c.Resources.Requests[resource], c.Resources.Limits[resource]
			if request.IsZero() || request.Cmp(limit) >= 0 {
				t.Errorf("container %s: no request below a limit of %s", c.Name, resource)
			}
		}
		seen := map[string]bool{}
		for _, env := range c.Env {
			if seen[env.Name] {
				t.Errorf("container %s: %s is set twice, which server-side apply refuses", c.Name, env.Name)
			}
			seen[env.Name] = true
		}
	}
	claims := map[string]bool{"data": true} // The name of every claim template.
	for _, volume := range pod.Volumes {
		claims[volume.Name] = volume.PersistentVolumeClaim != nil
	}
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		for _, mount := range c.VolumeMounts {
			if claims[mount.Name] && !mount.ReadOnly && c.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
				t.Errorf("container %s fills a volume and would not say that it is full", c.Name)
			}
		}
	}
	probed := false
	for _, c := range pod.Containers {
		if len(c.Ports) == 0 {
			continue
		}
		probed = true
		if c.StartupProbe == nil || c.LivenessProbe == nil || c.ReadinessProbe == nil {
			t.Errorf("container %s listens and lacks a probe", c.Name)
		}
	}
	if !probed {
		t.Error("no container listens, so nothing says when the pod is ready")
	}
}

// A shop's title is text of a stranger: it reaches the process as it was typed, and Kubernetes replaces nothing in it.
func TestHostileTitles(t *testing.T) {
	eachChart(t, func(t *testing.T, c storeChart) {
		for _, name := range []string{
			`"quoted" and 'quoted'`, "$(DATABASE_PASSWORD)", "$$(CACHE_PASSWORD) $ $$ $", "two\nlines\r\n", "{{ .Values.store.host }}",
			`back\slash \n`, "🎉 naïve ñ \u2028", "<script>alert(1)</script>", "a: b # c", "-", "null", "0x10", "\t tab",
		} {
			values := c.baseline()
			values["store"].(map[string]any)["displayName"] = name
			objects, err := c.render(t, values)
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			for _, workload := range c.titled {
				if len(titles(objects[workload])) == 0 {
					t.Errorf("%s has no STORE_NAME", workload)
				}
			}
			for workload, o := range objects {
				for _, title := range titles(o) {
					if got := expand(title); got != name {
						t.Errorf("%s: name %q became %q", workload, name, got)
					}
				}
			}
		}
	})
}

// titles returns the titles that the containers of a workload get.
func titles(o object) []string {
	var titles []string
	for _, c := range slices.Concat(o.Spec.Template.Spec.InitContainers, o.Spec.Template.Spec.Containers) {
		for _, env := range c.Env {
			if env.Name == "STORE_NAME" {
				titles = append(titles, env.Value)
			}
		}
	}
	return titles
}

// expand does what the kubelet does to a value: $$ is a dollar sign and $(NAME) a variable, which must not come up here.
func expand(value string) string {
	var out strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '$' && i+1 < len(value) {
			switch value[i+1] {
			case '$':
				i++
			case '(':
				return "expanded: " + value
			}
		}
		out.WriteByte(value[i])
	}
	return out.String()
}

func TestSchemasRefuse(t *testing.T) {
	eachChart(t, func(t *testing.T, c storeChart) {
		for name, change := range map[string]func(values map[string]any){
			"UnknownKey":      func(v map[string]any) { v["sever"] = map[string]any{} },
			"UnknownInnerKey": func(v map[string]any) { v[c.process] = map[string]any{"replica": 2} },
			"WrongType":       func(v map[string]any) { v[c.process] = map[string]any{"replicas": "two"} },
			"NoProtocol":      func(v map[string]any) { v["store"].(map[string]any)["url"] = "demo.shopflow.localhost" },
			"EmptyName":       func(v map[string]any) { v["store"].(map[string]any)["displayName"] = "" },
			"NoImage":         func(v map[string]any) { v["images"].(map[string]any)[c.image] = "" },
			"NoBuildImage":    func(v map[string]any) { v["database"] = map[string]any{"golden": false} },
		} {
			t.Run(name, func(t *testing.T) {
				values := c.values()
				if _, err := c.render(t, values); err != nil {
					t.Fatalf("is not rendered as it is: %v", err)
				}
				change(values)
				if _, err := c.render(t, values); err == nil {
					t.Error("was rendered")
				}
			})
		}
	})
}

// The schema and values.yaml name the same keys.
func TestSchemasMatchValues(t *testing.T) {
	eachChart(t, func(t *testing.T, c storeChart) {
		schema := readYAML(t, c.name+"/values.schema.json")
		var fromSchema, fromValues []string
		walkSchema(schema, schema, "", &fromSchema)
		walkValues(readYAML(t, c.name+"/values.yaml"), "", &fromValues)
		slices.Sort(fromSchema)
		slices.Sort(fromValues)
		if diff := cmp.Diff(fromSchema, fromValues); diff != "" {
			t.Errorf("keys (-schema +values.yaml):\n%s", diff)
		}
	})
}

func walkSchema(root, node map[string]any, path string, keys *[]string) {
	if ref, ok := node["$ref"].(string); ok {
		node = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	properties, ok := node["properties"].(map[string]any)
	if !ok {
		*keys = append(*keys, path)
		return
	}
	for name, child := range properties {
		walkSchema(root, child.(map[string]any), path+"."+name, keys)
	}
}

func walkValues(value any, path string, keys *[]string) {
	table, ok := value.(map[string]any)
	if !ok {
		*keys = append(*keys, path)
		return
	}
	for name, child := range table {
		walkValues(child, path+"."+name, keys)
	}
}
