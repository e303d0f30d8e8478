package enginetest

import (
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

// checkDescription makes sure that people can read about the engine, and that its names work in Kubernetes.
func checkDescription(t reporter, e engine.Engine) {
	texts := map[string]string{"title": e.Title, "description": e.Description}
	names := map[string]string{"engine": string(e.Name)}
	var components []string
	for _, component := range e.Components {
		texts["title of component "+component.Name] = component.Title
		names["component "+component.Name] = component.Name
		components = append(components, component.Name)
	}
	for _, key := range e.Keys {
		texts["title of key "+key.Name] = key.Title
	}
	for what, text := range texts {
		if text == "" || text != strings.TrimSpace(text) || strings.ToUpper(text[:1]) != text[:1] {
			t.Errorf("the %s is %q; want a text that begins with a capital letter", what, text)
		}
	}
	if !strings.HasSuffix(e.Description, ".") {
		t.Errorf("the description %q does not end with a full stop", e.Description)
	}
	for what, name := range names {
		if faults := validation.IsDNS1123Label(name); len(faults) > 0 {
			t.Errorf("the name %q of %s: %v", name, what, faults)
		}
	}
	if !regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}$`).MatchString(e.Version) {
		t.Errorf("the version %q is not one to three numbers", e.Version)
	}
	if !strings.HasPrefix(e.AdminPath, "/") {
		t.Errorf("the administration is at %q; want a path", e.AdminPath)
	}
	if !slices.Contains(e.RequiredForSale(), e.Frontend) {
		t.Errorf("the frontend %q is not among the components that a sale requires, %v", e.Frontend, e.RequiredForSale())
	}
	if slices.Sort(components); len(slices.Compact(components)) < len(e.Components) {
		t.Errorf("two components have one name: %v", components)
	}
	checkImages(t, e)
}

func checkImages(t reporter, e engine.Engine) {
	t.Helper()
	roles := map[string]bool{}
	for _, image := range append(slices.Clone(e.Images), e.Installer) {
		if image == (engine.Image{}) {
			continue
		}
		if image.Role == "" || image.Name == "" || roles[image.Role] {
			t.Errorf("image %+v has no role or name, or the role of another one", image)
		}
		roles[image.Role] = true
	}
	if len(e.Images) == 0 {
		t.Error("the engine has no image")
	}
}

// checkPlans makes sure that each plan has more than the one before, and that a small store is small.
func checkPlans(t reporter, e engine.Engine) {
	before := int64(0)
	for _, plan := range []v1alpha1.Plan{v1alpha1.PlanSmall, v1alpha1.PlanMedium, v1alpha1.PlanLarge} {
		size, ok := e.Plans[plan]
		if !ok {
			t.Errorf("there is no plan %s", plan)
			return
		}
		steady, total := size.Steady(), size.Total()
		cpu, memory := steady.CPULimit, steady.MemoryLimit
		if cpu.IsZero() || memory.Value() <= before || memory.Cmp(total.MemoryLimit) > 0 || cpu.Cmp(total.CPULimit) > 0 {
			t.Errorf("plan %s has %s of memory and %s CPUs, after %d bytes in the plan before, in a quota of %+v", plan, memory.String(), cpu.String(), before, total)
		}
		before = memory.Value()
	}
	var requested resource.Quantity
	for _, container := range e.Plans[v1alpha1.PlanSmall].Containers {
		requested.Add(resource.MustParse(container.Resources.CPURequest))
	}
	if requested.MilliValue() > 200 {
		t.Errorf("a small store requests %s of CPU: eight of them do not fit on two cores", requested.String())
	}
}

// checkCredentials makes sure that credentials are complete and random, and that there are none without randomness.
func checkCredentials(t *testing.T, e engine.Engine) {
	credentials := newCredentials(t, e)
	for _, key := range append([]engine.Key{{Name: v1alpha1.KeyAdminEmail}, {Name: v1alpha1.KeyAdminPassword}}, e.Keys...) {
		if credentials[key.Name] == "" {
			t.Errorf("people are shown the credential %s, which is missing", key.Name)
		}
	}
	seen := map[string]string{}
	for _, generated := range []map[string]string{credentials, newCredentials(t, e)} {
		for key, value := range generated {
			if key == v1alpha1.KeyAdminEmail {
				continue
			}
			if other, ok := seen[value]; ok || len(value) < 20 {
				t.Errorf("%s is short, or the same as %s", key, other)
			}
			seen[value] = key
		}
	}
	broken := errors.New("no entropy")
	for _, enough := range []int64{0, 48} {
		random := io.MultiReader(io.LimitReader(rand.Reader, enough), iotest.ErrReader(broken))
		if got, err := e.Credentials(random, Owner); !errors.Is(err, broken) || got != nil {
			t.Errorf("with %d random bytes there are %d credentials (%v)", enough, len(got), err)
		}
	}
}

func newCredentials(t *testing.T, e engine.Engine) map[string]string {
	t.Helper()
	credentials, err := e.Credentials(rand.Reader, Owner)
	if err != nil {
		t.Fatal(err)
	}
	return credentials
}
