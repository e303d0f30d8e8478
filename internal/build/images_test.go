package build

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAwaitArchives(t *testing.T) {
	specs, err := readImages("../../images/images.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"mariadb": true, "php": true, "woocommerce-build": true, "woocommerce-database": true, "woocommerce": true}
	for name, await := range awaitArchives(specs) {
		if await != want[name] {
			t.Errorf("image %s waits for the archives: %t, want %t", name, await, want[name])
		}
	}
}

func TestReadImages(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"Good":         {"images: [{name: a, cost: 1}, {name: b, parents: [a], cost: 2}]", ""},
		"ChildFirst":   {"images: [{name: b, parents: [a], cost: 2}, {name: a, cost: 1}]", "image b comes before its parent a"},
		"UnknownField": {"images: [{name: a, parent: b}]", "unknown field"},
		"NoCost":       {"images: [{name: a}]", "image a has no cost"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "images.yaml")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := readImages(path)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestRebuildImages loses an image from Buildah's storage: it is built again after what it is made from, and nothing else is.
func TestRebuildImages(t *testing.T) {
	specs, err := readImages("../../images/images.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var built []string
	b := &Builder{specs: specs, rebuild: map[string]func(context.Context) error{}}
	for _, spec := range specs {
		b.rebuild[spec.Name] = func(context.Context) error {
			built = append(built, spec.Name)
			return nil
		}
	}
	if err := b.rebuildImages(t.Context(), []string{"medusa-build"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"base", "node", "medusa-build"}, built); diff != "" {
		t.Errorf("what is built again (-want +got):\n%s", diff)
	}
}

// TestTasks checks that the whole build can be scheduled: what every step needs exists.
func TestTasks(t *testing.T) {
	a, _, _ := testArchives(t)
	b := &Builder{opts: Options{Root: "../..", Dir: t.TempDir()}}
	tasks, err := b.tasks()
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	for _, task := range tasks {
		if done[task.title] {
			t.Errorf("two steps are called %q", task.title)
		}
		done[task.title] = true
		if task.cost <= 0 {
			t.Errorf("step %q has no cost", task.title)
		}
	}
	for _, task := range tasks {
		for _, need := range task.needs {
			if !done[need] {
				t.Errorf("step %q needs %q, which does not exist", task.title, need)
			}
		}
	}
	want := []string{packagesTitle, a.title(), "Build image base", "Build image mariadb", "Build image php"}
	for _, task := range tasks {
		if task.title == "Build image woocommerce-build" {
			if diff := cmp.Diff(want, task.needs); diff != "" {
				t.Errorf("needs of %q (-want +got):\n%s", task.title, diff)
			}
		}
	}
}
