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
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// renderPlatform renders the platform's chart with these values and returns its files by their paths.
func renderPlatform(t *testing.T, values map[string]any) (map[string]string, error) {
	t.Helper()
	chart, err := loader.LoadDir("shopflow")
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]any{"image": "shopflow:1", "database": map[string]any{"image": "postgres:1"}}
	values = util.CoalesceTables(maps.Clone(values), images)
	// The names are other than the usual ones, because nothing may depend on those.
	options := common.ReleaseOptions{Name: "cloud", Namespace: "shops", Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, options, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(chart, all)
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

func decodeFile[T any](t *testing.T, content string) T {
	t.Helper()
	var object T
	if err := yaml.Unmarshal([]byte(content), &object); err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	return object
}

// TestThePlatformSaysWhatEnginesItHas reads the catalog as the server and the controller do, with a reason that is no tame text.
func TestThePlatformSaysWhatEnginesItHas(t *testing.T) {
	reason := "/a b/woocommerce.zip is \"damaged\": {{ .Values }} #1 'x' \\n $(run)\nSecond line - é"
	files, err := renderPlatform(t, map[string]any{"engines": map[string]any{
		"medusa": map[string]any{"default": "2.21.2", "versions": map[string]any{
			"2.21.2": map[string]any{"images": map[string]any{"medusa": "medusa:1"}},
		}},
		"woocommerce": map[string]any{"unavailable": reason},
	}})
	if err != nil {
		t.Fatal(err)
	}
	written := decodeFile[corev1.ConfigMap](t, files["shopflow/templates/catalog.yaml"])
	got, err := catalog.Parse([]byte(written.Data["catalog.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	want := catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Offer{
		"medusa":      catalog.Single("2.21.2", map[string]string{"medusa": "medusa:1"}),
		"woocommerce": {Unavailable: reason},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalog (-want +got):\n%s", diff)
	}
}

// TestACatalogThatChangesIsReadAgain changes the reason: both processes read their catalog at start only.
func TestACatalogThatChangesIsReadAgain(t *testing.T) {
	because := func(reason string) map[string]string {
		files, err := renderPlatform(t, map[string]any{"engines": map[string]any{"woocommerce": map[string]any{"unavailable": reason}}})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	first, second := because("no archive"), because("another archive")
	for _, component := range []string{"server", "controller"} {
		file := "shopflow/templates/" + component + "/deployment.yaml"
		before, after := decodeFile[appsv1.Deployment](t, first[file]).Spec.Template, decodeFile[appsv1.Deployment](t, second[file]).Spec.Template
		if cmp.Equal(before, after) {
			t.Errorf("the %s keeps the catalog that it has read", component)
		}
	}
}

func TestThePlatformsSchemaOfEngines(t *testing.T) {
	versions := map[string]any{"11.0.1": map[string]any{"images": map[string]any{"web": "web:1"}}}
	for name, test := range map[string]struct {
		engine string
		values map[string]any
		good   bool
	}{
		"There":       {"woocommerce", map[string]any{"default": "11.0.1", "versions": versions}, true},
		"NotThere":    {"woocommerce", map[string]any{"unavailable": "why"}, true},
		"Empty":       {"woocommerce", map[string]any{}, false},
		"NoDefault":   {"woocommerce", map[string]any{"versions": versions}, false},
		"NoVersion":   {"woocommerce", map[string]any{"default": "11.0.1", "versions": map[string]any{}}, false},
		"NoImages":    {"woocommerce", map[string]any{"default": "1", "versions": map[string]any{"1": map[string]any{}}}, false},
		"EmptyReason": {"woocommerce", map[string]any{"unavailable": ""}, false},
		"Both":        {"woocommerce", map[string]any{"default": "11.0.1", "versions": versions, "unavailable": "why"}, false},
		"UnknownKey":  {"woocommerce", map[string]any{"unavailable": "why", "reason": "why"}, false},
		"ThirdEngine": {"magento", map[string]any{"unavailable": "why"}, true},
		"NoName":      {"No name", map[string]any{"unavailable": "why"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := renderPlatform(t, map[string]any{"engines": map[string]any{test.engine: test.values}}); (err == nil) != test.good {
				t.Errorf("rendered with %v", err)
			}
		})
	}
}

// TestThePlatformsAccounts renders what people sign in with: a database of its own or another one, with and without identity providers.
func TestThePlatformsAccounts(t *testing.T) {
	const database, server = "shopflow/templates/database/statefulset.yaml", "shopflow/templates/server/deployment.yaml"
	render := func(values map[string]any) map[string]string {
		files, err := renderPlatform(t, values)
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	secrets := func(files map[string]string) (mounted []string, args []string) {
		pod := decodeFile[appsv1.Deployment](t, files[server]).Spec.Template.Spec
		for _, volume := range pod.Volumes {
			if volume.Secret != nil {
				mounted = append(mounted, volume.Secret.SecretName)
			}
		}
		return mounted, pod.Containers[0].Args
	}

	own := render(map[string]any{})
	if name := decodeFile[appsv1.StatefulSet](t, own[database]).Name; name != "shopflow-database" {
		t.Errorf("its own database is %q", name)
	}
	mounted, args := secrets(own)
	if diff := cmp.Diff([]string{"shopflow-admin-token", "shopflow-database", "shopflow-session", "shopflow-first-admin"}, mounted); diff != "" {
		t.Errorf("secrets of the server (-want +got):\n%s", diff)
	}
	if slices.Contains(args, "--oidc-file=/etc/shopflow/oidc/oidc.yaml") || !slices.Contains(args, "--sign-up=true") || !slices.Contains(args, "--sign-in-limit=20") {
		t.Errorf("the server starts with %q", args)
	}

	other := render(map[string]any{
		"auth":     map[string]any{"oidcSecret": "providers", "signUp": false, "signInLimit": 5},
		"database": map[string]any{"enabled": false, "dsnSecret": "elsewhere"},
	})
	for path, content := range other {
		if strings.HasPrefix(path, "shopflow/templates/database/") && strings.TrimSpace(content) != "" {
			t.Errorf("%s is made beside the other database", path)
		}
	}
	mounted, args = secrets(other)
	if diff := cmp.Diff([]string{"shopflow-admin-token", "elsewhere", "shopflow-session", "shopflow-first-admin", "providers"}, mounted); diff != "" {
		t.Errorf("secrets of the server (-want +got):\n%s", diff)
	}
	if !slices.Contains(args, "--oidc-file=/etc/shopflow/oidc/oidc.yaml") || !slices.Contains(args, "--sign-up=false") || !slices.Contains(args, "--sign-in-limit=5") {
		t.Errorf("the server starts with %q", args)
	}
}

// TestTheClientsAddressIsKept checks that gateway and server believe the same proxies, and that a load balancer in production hides no client.
func TestTheClientsAddressIsKept(t *testing.T) {
	values := readYAML(t, "shopflow/values-prod.yaml")
	values["trustedProxies"] = []any{"192.0.2.0/24", "2001:db8::/32"}
	files, err := renderPlatform(t, values)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"server", "gateway"} {
		args := decodeFile[appsv1.Deployment](t, files["shopflow/templates/"+name+"/deployment.yaml"]).Spec.Template.Spec.Containers[0].Args
		if !slices.Contains(args, "--trusted-proxies=192.0.2.0/24,2001:db8::/32") {
			t.Errorf("the %s starts with %q", name, args)
		}
	}
	service, _, _ := strings.Cut(files["shopflow/templates/gateway/service.yaml"], "\n---\n")
	if spec := decodeFile[corev1.Service](t, service).Spec; spec.Type != corev1.ServiceTypeLoadBalancer || spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal {
		t.Errorf("the gateway's Service is %+v", spec)
	}
	if _, err := renderPlatform(t, map[string]any{"trustedProxies": []any{"a proxy"}}); err == nil {
		t.Error("what is no address range is taken for one")
	}
}
