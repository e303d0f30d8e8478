package medusa

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// rendered returns the objects of a release by their beginning, up to the name.
func rendered(t *testing.T, title, machineSecret string) map[string]string {
	t.Helper()
	chart, err := helmrelease.LoadChart(Engine().Chart)
	if err != nil {
		t.Fatal(err)
	}
	values := enginetest.Recipe(t, Engine(), v1alpha1.StoreSpec{DisplayName: title}).Values
	values["machineSecret"] = machineSecret
	release, err := chart.Render("store-demo", "demo", values)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]string{}
	for _, object := range release.Objects {
		head, _, _ := strings.Cut(object, "  labels:")
		objects[head] = object
	}
	return objects
}

// TestTitleRestartsNothing changes the title: only the ConfigMap with it may be another one.
func TestTitleRestartsNothing(t *testing.T) {
	before, after := rendered(t, "Moss", ""), rendered(t, "Clay", "")
	changed := 0
	for head, object := range before {
		if after[head] == object {
			continue
		}
		changed++
		if !strings.Contains(head, "kind: ConfigMap") {
			t.Errorf("the title changes (-before +after):\n%s", cmp.Diff(object, after[head]))
		}
	}
	if changed != 1 || len(before) != len(after) {
		t.Errorf("the title changes %d of %d objects", changed, len(before))
	}
}

// TestMachineSecret makes sure that the server alone gets the tokens, and as files.
func TestMachineSecret(t *testing.T) {
	with, without := rendered(t, "Moss", "store-machine"), rendered(t, "Moss", "")
	for head, object := range with {
		server := strings.Contains(head, "kind: Deployment") && strings.Contains(head, "name: server")
		if got := strings.Contains(object, "store-machine"); got != server {
			t.Errorf("mounts the Secret: %t, in\n%s", got, object)
		}
		if server && (!strings.Contains(object, "mountPath: /etc/shopflow/machine") || !strings.Contains(object, "optional: true")) {
			t.Errorf("the tokens are not at their place in\n%s", object)
		}
		if strings.Contains(without[head], "machine") {
			t.Errorf("without a Secret, a folder for it is in\n%s", without[head])
		}
	}
}
