package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api"
	"shopflow.dev/shopflow/api/v1alpha1"
)

// TestTableHasTheContractsOperations compares the table of routes with the operations of api/openapi.yaml.
func TestTableHasTheContractsOperations(t *testing.T) {
	var document struct {
		Paths map[string]map[string]any
	}
	if err := yaml.Unmarshal(api.OpenAPI(), &document); err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{} // by operation, whether the contract says that it needs no credentials
	for path, item := range document.Paths {
		for method, content := range item {
			operation, ok := content.(map[string]any)
			if !ok || operation["operationId"] == nil {
				continue // The path's parameters.
			}
			security, given := operation["security"].([]any)
			open[strings.ToUpper(method)+" "+path] = given && len(security) == 0
		}
	}
	got := map[string]bool{}
	for pattern, route := range routes() {
		got[pattern] = route.access.open
	}
	if diff := cmp.Diff(open, got); diff != "" {
		t.Errorf("operations, and whether they are open (-contract +table):\n%s", diff)
	}
}

// TestServerDoesNotStartWithAWrongTable leaves a row out, and adds one that no operation has.
func TestServerDoesNotStartWithAWrongTable(t *testing.T) {
	for name, test := range map[string]struct {
		change func(map[string]route)
		want   string
	}{
		"Same":               {func(map[string]route) {}, ""},
		"OperationNoRoute":   {func(table map[string]route) { delete(table, "GET /api/v1/plans") }, "operation GET /api/v1/plans has no route"},
		"RouteNoOperation":   {func(table map[string]route) { table["GET /api/v1/secrets"] = route{} }, "route GET /api/v1/secrets has no operation"},
		"OtherMethodOfAPath": {func(table map[string]route) { table["PUT /api/v1/plans"] = route{} }, "route PUT /api/v1/plans has no operation"},
	} {
		t.Run(name, func(t *testing.T) {
			table := routes()
			test.change(table)
			err := (&server{mux: http.NewServeMux()}).register(table)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestChangesAreAudited holds that every operation that may change something is in the audit log, and that reads are not unless they
// show a secret or start a session.
func TestChangesAreAudited(t *testing.T) {
	want := []string{"GET /api/v1/auth/oidc/callback", "GET /api/v1/stores/{name}/credentials"}
	for pattern := range routes() {
		if !strings.HasPrefix(pattern, "GET ") {
			want = append(want, pattern)
		}
	}
	var got []string
	for pattern, route := range routes() {
		if len(route.audit) > 0 {
			got = append(got, pattern)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audited operations (-want +got):\n%s", diff)
	}
}

func TestSanitize(t *testing.T) {
	long := strings.Repeat("é", 200)
	for name, test := range map[string]struct{ text, want string }{
		"Plain":    {"demo", "demo"},
		"Empty":    {"", ""},
		"NUL":      {"a\x00b", "a\ufffdb"},
		"NotUTF8":  {"a\xffb", "a\ufffdb"},
		"Longest":  {strings.Repeat("x", maxAuditTarget), strings.Repeat("x", maxAuditTarget)},
		"TooLong":  {strings.Repeat("x", maxAuditTarget+1), strings.Repeat("x", maxAuditTarget)},
		"MidRune":  {"x" + long, "x" + long[:maxAuditTarget-2]},
		"WholeEnd": {long, long[:maxAuditTarget]},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sanitize(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestContractHasTheStates compares the states of the contract, which lists are filtered by, with those that stores have.
func TestContractHasTheStates(t *testing.T) {
	var document struct {
		Components struct {
			Schemas struct {
				StoreState struct{ Enum []v1alpha1.State }
			}
		}
	}
	if err := yaml.Unmarshal(api.OpenAPI(), &document); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v1alpha1.States(), document.Components.Schemas.StoreState.Enum); diff != "" {
		t.Errorf("states (-stores +contract):\n%s", diff)
	}
}
