package enginetest

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/test/thirdengine"
)

// findings collects what a check reports.
type findings []string

func (f *findings) Helper() {}

func (f *findings) Error(args ...any) { *f = append(*f, fmt.Sprint(args...)) }

func (f *findings) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// expect fails unless there is one finding, with this text.
func (f *findings) expect(t *testing.T, want string) {
	t.Helper()
	if len(*f) != 1 || !strings.Contains((*f)[0], want) {
		t.Errorf("found %q, want one finding with %q", *f, want)
	}
}

func TestDescriptionFaults(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(*engine.Engine)
		want   string
	}{
		"NoTitle":         {func(e *engine.Engine) { e.Title = "" }, "the title is"},
		"NoFullStop":      {func(e *engine.Engine) { e.Description = "A shop" }, "full stop"},
		"NoComponentName": {func(e *engine.Engine) { e.Components[0].Title = "" }, "title of component web"},
		"BadName":         {func(e *engine.Engine) { e.Name = "A shop" }, "of engine"},
		"BadVersion":      {func(e *engine.Engine) { e.Version = "latest" }, "the version"},
		"NoAdminPath":     {func(e *engine.Engine) { e.AdminPath = "admin" }, "the administration"},
		"OtherFrontend":   {func(e *engine.Engine) { e.Frontend = "server" }, "the frontend"},
		"TwoComponents":   {func(e *engine.Engine) { e.Components = append(e.Components, e.Components[0]) }, "two components"},
		"TwoRoles":        {func(e *engine.Engine) { e.Installer = e.Images[0] }, "role"},
		"NoImages":        {func(e *engine.Engine) { e.Images = nil }, "no image"},
	} {
		t.Run(name, func(t *testing.T) {
			e, found := thirdengine.Engine(), &findings{}
			test.damage(&e)
			checkDescription(found, e)
			found.expect(t, test.want)
		})
	}
}

func TestPlanFaults(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(plans map[v1alpha1.Plan]engine.Size)
		want   string
	}{
		"Missing": {func(p map[v1alpha1.Plan]engine.Size) { delete(p, v1alpha1.PlanMedium) }, "no plan medium"},
		"Smaller": {func(p map[v1alpha1.Plan]engine.Size) { p[v1alpha1.PlanLarge] = p[v1alpha1.PlanSmall] }, "plan large"},
		"Greedy": {func(p map[v1alpha1.Plan]engine.Size) {
			p[v1alpha1.PlanSmall].Containers[0].Resources.CPURequest = "300m"
		}, "a small store requests 300m"},
	} {
		t.Run(name, func(t *testing.T) {
			e, found := thirdengine.Engine(), &findings{}
			test.damage(e.Plans)
			checkPlans(found, e)
			found.expect(t, test.want)
		})
	}
}

func TestChartFaults(t *testing.T) {
	e := thirdengine.Engine()
	chart, err := helmrelease.LoadChart(e.Chart)
	if err != nil {
		t.Fatal(err)
	}
	recipe := Recipe(t, e, v1alpha1.StoreSpec{DisplayName: hostileTitle})
	credentials := newCredentials(t, e)
	for name, test := range map[string]struct {
		damage func(web *object)
		want   string
	}{
		"NoLabel":      {func(o *object) { delete(o.Metadata.Labels, v1alpha1.LabelStore) }, "lacks the label"},
		"OtherImage":   {func(o *object) { web(o).Image = "other:1" }, "no container runs the image of role shop"},
		"NoSize":       {func(o *object) { web(o).Resources.Limits[corev1.ResourceMemory] = *web(o).Resources.Requests.Memory() }, "no memory request below a limit"},
		"OtherName":    {func(o *object) { web(o).Name = "server" }, "the chart has the containers"},
		"OtherSecret":  {func(o *object) { web(o).Env[3].ValueFrom.SecretKeyRef.Key = "root-password" }, "uses key root-password"},
		"Expanded":     {func(o *object) { web(o).Env[0].Value = hostileTitle }, "which the kubelet expands"},
		"SetTwice":     {func(o *object) { web(o).Env[1].Name = "ADMIN_EMAIL" }, "is set twice"},
		"Writable":     {func(o *object) { *web(o).SecurityContext.ReadOnlyRootFilesystem = false }, "can write to its image"},
		"Root":         {func(o *object) { *o.Spec.Template.Spec.SecurityContext.RunAsNonRoot = false }, "Pod Security"},
		"Token":        {func(o *object) { *o.Spec.Template.Spec.AutomountServiceAccountToken = true }, "service account token"},
		"ServiceLinks": {func(o *object) { *o.Spec.Template.Spec.EnableServiceLinks = true }, "addresses of services"},
		"NoProbe":      {func(o *object) { web(o).ReadinessProbe = nil }, "lacks a probe"},
		"NoPort":       {func(o *object) { web(o).Ports = nil }, "nothing says when its pods are ready"},
		"PodLabels":    {func(o *object) { o.Spec.Template.Labels["app.kubernetes.io/component"] = "server" }, "have the labels"},
	} {
		t.Run(name, func(t *testing.T) {
			objects, found := render(t, chart, recipe.Values), &findings{}
			damaged := objects["Deployment/web"]
			test.damage(&damaged)
			objects["Deployment/web"] = damaged
			checkObjects(found, recipe, objects)
			checkSizes(found, recipe.Size, objects)
			checkSecrets(found, credentials, recipe.Values, objects)
			checkTitle(found, objects)
			checkPod(found, damaged)
			if len(*found) == 0 || !strings.Contains(strings.Join(*found, "\n"), test.want) {
				t.Errorf("found %q, want %q", *found, test.want)
			}
		})
	}
	objects, found := render(t, chart, recipe.Values), &findings{}
	delete(objects, "Service/web")
	checkObjects(found, recipe, objects)
	found.expect(t, "has no Service")
}

func web(o *object) *corev1.Container { return &o.Spec.Template.Spec.Containers[0] }
