package charts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	helmrelease "helm.sh/helm/v4/pkg/release/v1"
	helmutil "helm.sh/helm/v4/pkg/release/v1/util"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"shopflow.dev/shopflow/internal/install"
)

// platform renders the platform's chart and returns its hooks in the order in which they run, and its objects by kind and name.
func platform(t *testing.T, values map[string]any) ([]*helmrelease.Hook, map[string]string) {
	t.Helper()
	files, err := renderPlatform(t, values)
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(files, name)
		}
	}
	hooks, manifests, err := helmutil.SortManifests(files, nil, helmutil.InstallOrder)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(hooks, func(a, b *helmrelease.Hook) int { return a.Weight - b.Weight })
	objects := map[string]string{}
	for _, manifest := range manifests {
		objects[manifest.Head.Kind+"/"+manifest.Head.Metadata.Name] = manifest.Content
	}
	return hooks, objects
}

// TestBootstrapRunsBeforeEverything checks the hooks that create Secrets: their order, that they leave nothing behind, and that they may
// do nothing but create Secrets.
func TestBootstrapRunsBeforeEverything(t *testing.T) {
	hooks, _ := platform(t, nil)
	var kinds []string
	for _, hook := range hooks {
		kinds = append(kinds, hook.Kind)
		if want := []helmrelease.HookEvent{helmrelease.HookPreInstall, helmrelease.HookPreUpgrade}; !slices.Equal(hook.Events, want) {
			t.Errorf("%s runs at %v, want %v", hook.Kind, hook.Events, want)
		}
		if want := []helmrelease.HookDeletePolicy{helmrelease.HookBeforeHookCreation, helmrelease.HookSucceeded}; !slices.Equal(hook.DeletePolicies, want) {
			t.Errorf("%s is deleted at %v, want %v", hook.Kind, hook.DeletePolicies, want)
		}
		if hook.Kind == "Role" {
			want := []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"create"}}}
			if diff := cmp.Diff(want, decodeFile[rbacv1.Role](t, hook.Manifest).Rules); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		}
	}
	if diff := cmp.Diff([]string{"ServiceAccount", "Role", "RoleBinding", "Job"}, kinds); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pod := bootstrapJob(t, hooks).Spec.Template
	for _, result := range evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec) {
		if !result.Allowed {
			t.Errorf("Pod Security: %s: %s", result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
}

func bootstrapJob(t *testing.T, hooks []*helmrelease.Hook) batchv1.Job {
	t.Helper()
	return decodeFile[batchv1.Job](t, hooks[len(hooks)-1].Manifest)
}

// TestBootstrapCreatesWhatTheServerMounts checks that both name the same Secrets, and that what others provide is not created.
func TestBootstrapCreatesWhatTheServerMounts(t *testing.T) {
	tests := map[string]struct {
		values map[string]any
		want   []string
	}{
		"Defaults": {nil, []string{
			"--admin-token-secret=shopflow-admin-token", "--session-secret=shopflow-session", "--database-secret=shopflow-database",
			"--database-address=shopflow-database:5432", "--first-admin-secret=shopflow-first-admin", "--admin-email=admin@shopflow.localhost",
		}},
		"OtherNames": {map[string]any{
			"adminTokenSecret": "token", "database": map[string]any{"dsnSecret": "dsn"},
			"auth": map[string]any{"sessionSecret": "session", "firstAdminSecret": "admin", "firstAdminEmail": "me@example.com"},
		}, []string{
			"--admin-token-secret=token", "--session-secret=session", "--database-secret=dsn", "--database-address=shopflow-database:5432",
			"--first-admin-secret=admin", "--admin-email=me@example.com",
		}},
		"OtherDatabaseNoAdmin": {map[string]any{
			"database": map[string]any{"enabled": false, "dsnSecret": "elsewhere"}, "auth": map[string]any{"firstAdminSecret": ""},
		}, []string{"--admin-token-secret=shopflow-admin-token", "--session-secret=shopflow-session"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			hooks, objects := platform(t, test.values)
			args := bootstrapJob(t, hooks).Spec.Template.Spec.Containers[0].Args
			if diff := cmp.Diff(append([]string{"bootstrap", "--namespace=shops"}, test.want...), args); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			for _, volume := range decodeFile[appsv1.Deployment](t, objects["Deployment/shopflow-server"]).Spec.Template.Spec.Volumes {
				created := volume.Secret != nil && slices.ContainsFunc(args, func(arg string) bool { return strings.HasSuffix(arg, "-secret="+volume.Secret.SecretName) })
				if volume.Secret != nil && !created && volume.Secret.SecretName != "elsewhere" {
					t.Errorf("the server mounts Secret %s, which nothing creates", volume.Secret.SecretName)
				}
			}
		})
	}
}

// TestUninstallKeepsStores makes sure that the Store objects, and so the stores, and the accounts survive "helm uninstall".
func TestUninstallKeepsStores(t *testing.T) {
	_, objects := platform(t, nil)
	crd := decodeFile[apiextensionsv1.CustomResourceDefinition](t, objects["CustomResourceDefinition/stores.shopflow.dev"])
	if crd.Annotations["helm.sh/resource-policy"] != "keep" {
		t.Error("the CRD is deleted, and every store with it")
	}
	database := decodeFile[appsv1.StatefulSet](t, objects["StatefulSet/shopflow-database"]).Spec
	retained := database.PersistentVolumeClaimRetentionPolicy
	if len(database.VolumeClaimTemplates) != 1 || retained == nil || retained.WhenDeleted != appsv1.RetainPersistentVolumeClaimRetentionPolicyType {
		t.Errorf("the database's claims are %v with the policy %+v", database.VolumeClaimTemplates, retained)
	}
	for name := range objects {
		if strings.HasPrefix(name, "PersistentVolumeClaim/") || strings.HasPrefix(name, "Secret/") {
			t.Errorf("%s is deleted with the release", name)
		}
	}
}

// TestDisruptionsLeaveAReplica makes sure that each component with replicas has a budget that selects its pods, and no other has one: it
// would block the drain of a node.
func TestDisruptionsLeaveAReplica(t *testing.T) {
	production, err := install.Values(install.ProfileProd)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string]map[string]any{"One": nil, "Production": production} {
		t.Run(name, func(t *testing.T) {
			_, objects := platform(t, values)
			for _, component := range []string{"server", "controller", "gateway"} {
				deployment := decodeFile[appsv1.Deployment](t, objects["Deployment/shopflow-"+component])
				content, found := objects["PodDisruptionBudget/shopflow-"+component]
				if found != (*deployment.Spec.Replicas > 1) {
					t.Errorf("%s has %d replicas; it has a budget: %v", component, *deployment.Spec.Replicas, found)
				}
				if !found {
					continue
				}
				budget := decodeFile[policyv1.PodDisruptionBudget](t, content).Spec
				selector, err := metav1.LabelSelectorAsSelector(budget.Selector)
				if err != nil || !selector.Matches(labels.Set(deployment.Spec.Template.Labels)) || budget.MaxUnavailable.IntValue() != 1 {
					t.Errorf("the budget of %s is %+v (%v)", component, budget, err)
				}
			}
		})
	}
}
