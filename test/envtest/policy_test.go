package envtest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// protected marks the objects that the policies are for in these tests: other tests delete namespaces as no user of a platform may.
const protected = "test.shopflow.dev/protected"

// imposePolicies creates the platform's admission policies, for objects with the label protected.
func imposePolicies(t *testing.T, direct client.Client) {
	t.Helper()
	files, err := charts.ShopFlow()
	if err != nil {
		t.Fatal(err)
	}
	chart, err := helmrelease.LoadChart(files)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := chart.Render("platform", "shopflow", map[string]any{"image": "shopflow:1", "database": map[string]any{"image": "postgres:1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range rendered.Objects {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(object.GetKind(), "ValidatingAdmissionPolicy") {
			continue
		}
		if object.GetKind() == "ValidatingAdmissionPolicyBinding" && object.GetName() != "shopflow-keep-stores" {
			only := map[string]any{"matchLabels": map[string]any{protected: "yes"}}
			if err := unstructured.SetNestedMap(object.Object, only, "spec", "matchResources", "objectSelector"); err != nil {
				t.Fatal(err)
			}
		}
		if err := direct.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = direct.Delete(context.Background(), object) })
	}
	eventually(t, "the policies to compile", func(ctx context.Context) error {
		var all admissionv1.ValidatingAdmissionPolicyList
		if err := direct.List(ctx, &all); err != nil {
			return err
		}
		for _, policy := range all.Items {
			if policy.Status.ObservedGeneration == 0 || policy.Status.TypeChecking == nil {
				return fmt.Errorf("policy %s was not looked at", policy.Name)
			}
			// What an expression says of three kinds at once cannot be true of each one, which the check does not know.
			for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
				if !strings.Contains(warning.Warning, "undefined field") {
					t.Errorf("policy %s, %s: %s", policy.Name, warning.FieldRef, warning.Warning)
				}
			}
		}
		return nil
	})
}

// TestDataIsProtected asks for what would delete data of stores, as a cluster administrator and as the controller.
func TestDataIsProtected(t *testing.T) {
	administrator := newClient(t)
	config := rest.CopyConfig(plane)
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:platform:shopflow-controller", Groups: []string{"system:masters"}}
	controller := clientFor(t, config)
	imposePolicies(t, administrator)

	labels := map[string]string{protected: "yes"}
	ofStore := map[string]string{protected: "yes", v1alpha1.LabelStore: "demo"}
	volume := func(name, namespace string, annotations map[string]string) *corev1.PersistentVolume {
		return &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, Annotations: annotations},
			Spec: corev1.PersistentVolumeSpec{
				Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain, StorageClassName: "policy",
				ClaimRef:               &corev1.ObjectReference{Namespace: namespace, Name: "data", UID: "1"},
				PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: "shopflow.dev", VolumeHandle: name}},
			},
		}
	}
	claim := func(namespace string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "data", Labels: labels},
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, VolumeName: "none",
				Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
			},
		}
	}
	store, other := "store-policy", "others-policy"
	kept := map[string]string{"shopflow.dev/reclaim-policy": "Delete"}
	objects := map[string]client.Object{
		"StoreNamespace": &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: store, Labels: ofStore}},
		"OtherNamespace": &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: other, Labels: labels}},
		"StoreClaim":     claim(store), "OtherClaim": claim(other),
		"StoreVolume": volume("policy-store", store, kept), "OtherVolume": volume("policy-other", other, nil),
	}
	for _, name := range []string{"StoreNamespace", "OtherNamespace", "StoreClaim", "OtherClaim", "StoreVolume", "OtherVolume"} {
		if err := administrator.Create(t.Context(), objects[name]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	t.Cleanup(func() {
		for _, object := range objects {
			_ = controller.Delete(context.Background(), object)
			_ = administrator.Delete(context.Background(), object)
		}
	})
	eventually(t, "the policies to be in force", func(ctx context.Context) error {
		if err := administrator.Delete(ctx, objects["StoreNamespace"], client.DryRunAll); !apierrors.IsInvalid(err) && !apierrors.IsForbidden(err) {
			return fmt.Errorf("deleting a store's namespace: %w", err)
		}
		return nil
	})

	deletes := func(by client.Client, name string) error {
		return by.Delete(t.Context(), objects[name], client.DryRunAll)
	}
	changes := func(by client.Client, name, patch string) error {
		object := objects[name].DeepCopyObject().(client.Object)
		return by.Patch(t.Context(), object, client.RawPatch(types.MergePatchType, []byte(patch)), client.DryRunAll)
	}
	reclaim := `{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}`
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"AdministratorDeletesStoreNamespace": {deletes(administrator, "StoreNamespace"), "shopflow store delete demo"},
		"AdministratorDeletesStoreClaim":     {deletes(administrator, "StoreClaim"), "shopflow store delete demo"},
		"AdministratorDeletesStoreVolume":    {deletes(administrator, "StoreVolume"), "store-policy"},
		"AdministratorFreesStoreVolume":      {changes(administrator, "StoreVolume", reclaim), "reclaim policy"},
		"AdministratorUnmarksStoreVolume":    {changes(administrator, "StoreVolume", `{"metadata":{"annotations":null}}`), "reclaim policy"},
		"AdministratorDetachesStoreVolume":   {changes(administrator, "StoreVolume", `{"spec":{"claimRef":null}}`), "reclaim policy"},
		"AdministratorRebindsStoreVolume":    {changes(administrator, "StoreVolume", `{"spec":{"claimRef":{"uid":"2"}}}`), ""},
		"AdministratorUnmarksStoreNamespace": {changes(administrator, "StoreNamespace", `{"metadata":{"labels":{"shopflow.dev/store":null}}}`), "label"},
		"AdministratorLabelsStoreNamespace":  {changes(administrator, "StoreNamespace", `{"metadata":{"labels":{"team":"a"}}}`), ""},
		"AdministratorLabelsStoreVolume":     {changes(administrator, "StoreVolume", `{"metadata":{"labels":{"team":"a"}}}`), ""},
		"AdministratorDeletesOtherNamespace": {deletes(administrator, "OtherNamespace"), ""},
		"AdministratorDeletesOtherClaim":     {deletes(administrator, "OtherClaim"), ""},
		"AdministratorDeletesOtherVolume":    {deletes(administrator, "OtherVolume"), ""},
		"ControllerDeletesStoreNamespace":    {deletes(controller, "StoreNamespace"), ""},
		"ControllerDeletesStoreClaim":        {deletes(controller, "StoreClaim"), ""},
		"ControllerFreesStoreVolume":         {changes(controller, "StoreVolume", reclaim), ""},
		"ControllerDeletesStoreVolume":       {deletes(controller, "StoreVolume"), "only in namespaces of stores"},
		"ControllerDeletesOtherNamespace":    {deletes(controller, "OtherNamespace"), "only in namespaces of stores"},
		"ControllerFreesOtherVolume":         {changes(controller, "OtherVolume", reclaim), "only in namespaces of stores"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.want == "" && test.err != nil || test.want != "" && (test.err == nil || !strings.Contains(test.err.Error(), test.want)) {
				t.Errorf("error %v, want %q", test.err, test.want)
			}
		})
	}

	// What the cluster does for a namespace that is being deleted must not be stopped.
	if err := controller.Delete(t.Context(), objects["StoreNamespace"]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a namespace that the controller has deleted to be gone", func(ctx context.Context) error {
		if err := administrator.Get(ctx, client.ObjectKeyFromObject(objects["StoreNamespace"]), &corev1.Namespace{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is there: %w", err)
		}
		return nil
	})
}

// TestTheKindIsProtected deletes the definition of stores while there is one, and where there is none.
func TestTheKindIsProtected(t *testing.T) {
	direct := newClient(t)
	imposePolicies(t, direct)
	kind := &unstructured.Unstructured{}
	kind.SetAPIVersion("apiextensions.k8s.io/v1")
	kind.SetKind("CustomResourceDefinition")
	kind.SetName("stores.shopflow.dev")
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "kept"}, Spec: v1alpha1.StoreSpec{Engine: "medusa"}}
	if err := direct.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Delete(context.Background(), store) })
	eventually(t, "the refusal", func(ctx context.Context) error {
		err := direct.Delete(ctx, kind, client.DryRunAll)
		if err == nil || !strings.Contains(err.Error(), "store kept exists") {
			return fmt.Errorf("deleting the definition: %w", err)
		}
		return nil
	})
	if err := direct.Delete(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the definition to be free", func(ctx context.Context) error { return direct.Delete(ctx, kind, client.DryRunAll) })
}
