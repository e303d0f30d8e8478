package envtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestBadStoresAreRefused(t *testing.T) {
	stores := newClient(t)
	medusa := v1alpha1.StoreSpec{Engine: "medusa"}
	with := func(change func(*v1alpha1.StoreSpec)) v1alpha1.StoreSpec {
		spec := medusa
		change(&spec)
		return spec
	}
	tests := map[string]struct {
		name string
		spec v1alpha1.StoreSpec
		want string
	}{
		"NoName":             {"", medusa, "name"},
		"NameOf41Characters": {strings.Repeat("a", 41), medusa, "1 to 40"},
		"UpperCase":          {"Demo", medusa, "lowercase"},
		"Punycode":           {"xn--bcher-kva", medusa, "must not begin with 'xn--'"},
		"KubePrefix":         {"kube-shop", medusa, "must not begin with"},
		"LeadingHyphen":      {"-a", medusa, "metadata.name"},
		"TrailingHyphen":     {"a-", medusa, "metadata.name"},
		"LeadingDigit":       {"1shop", medusa, "begin with a letter"},
		"Dot":                {"a.b", medusa, "1 to 40"},
		"Www":                {"www", medusa, "reserved"},
		"API":                {"api", medusa, "reserved"},
		"Admin":              {"admin", medusa, "reserved"},
		"Shopflow":           {"shopflow", medusa, "reserved"},
		"NoEngine":           {"demo", v1alpha1.StoreSpec{}, "engine"},
		"EngineNoName":       {"demo", v1alpha1.StoreSpec{Engine: "Magento!"}, "engine"},
		"UnknownPlan":        {"demo", with(func(s *v1alpha1.StoreSpec) { s.Plan = "galactic" }), `Unsupported value: "galactic"`},
		"LongDisplayName":    {"demo", with(func(s *v1alpha1.StoreSpec) { s.DisplayName = strings.Repeat("é", 81) }), "80"},
		"ControlCharacter":   {"demo", with(func(s *v1alpha1.StoreSpec) { s.DisplayName = "a\x1b[31m" }), "control characters"},
		"Version":            {"demo", with(func(s *v1alpha1.StoreSpec) { s.Version = "latest" }), "version"},
		"Email":              {"demo", with(func(s *v1alpha1.StoreSpec) { s.AdminEmail = "owner" }), "adminEmail"},
		"EmailWithNewline":   {"demo", with(func(s *v1alpha1.StoreSpec) { s.AdminEmail = "a@b.c\nx" }), "adminEmail"},
		"LongOwner":          {"demo", with(func(s *v1alpha1.StoreSpec) { s.Owner = strings.Repeat("o", 254) }), "owner"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: test.name}, Spec: test.spec}
			err := stores.Create(t.Context(), store)
			if err == nil {
				_ = stores.Delete(t.Context(), store)
				t.Fatal("was accepted")
			}
			if !apierrors.IsInvalid(err) && test.name != "" {
				t.Errorf("is refused, but not as invalid: %v", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the refusal does not say %q: %v", test.want, err)
			}
		})
	}
	var left v1alpha1.StoreList
	if err := stores.List(t.Context(), &left); err != nil || len(left.Items) != 0 {
		t.Errorf("%d stores are left behind (%v)", len(left.Items), err)
	}
}

func TestHostileTitlesAreKeptAsText(t *testing.T) {
	stores := newClient(t)
	for _, title := range []string{
		`"quotes" and 'more'`, "$(reboot) `id` ${HOME}", "two\nlines", "🛍️ Café Ünïcode 日本", "<script>alert(1)</script>",
		"{{ .Values.secret }}", "'; drop table store; --", strings.Repeat("é", 80),
	} {
		store := &v1alpha1.Store{
			ObjectMeta: metav1.ObjectMeta{Name: "hostile"},
			Spec:       v1alpha1.StoreSpec{Engine: "medusa", DisplayName: title},
		}
		if err := stores.Create(t.Context(), store); err != nil {
			t.Errorf("%q: %v", title, err)
			continue
		}
		if store.Spec.DisplayName != title {
			t.Errorf("%q became %q", title, store.Spec.DisplayName)
		}
		if err := stores.Delete(t.Context(), store); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDefaultsAndWhatCannotBeChanged(t *testing.T) {
	stores := newClient(t)
	store := &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: "defaults"},
		Spec:       v1alpha1.StoreSpec{Engine: "medusa"},
	}
	if err := stores.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stores.Delete(t.Context(), store) })
	want := v1alpha1.StoreSpec{Engine: "medusa", Plan: v1alpha1.PlanSmall, Owner: "admin"}
	if diff := cmp.Diff(want, store.Spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	for name, change := range map[string]func(*v1alpha1.StoreSpec){
		"Engine":     func(s *v1alpha1.StoreSpec) { s.Engine = "woocommerce" },
		"Owner":      func(s *v1alpha1.StoreSpec) { s.Owner = "mallory" },
		"AdminEmail": func(s *v1alpha1.StoreSpec) { s.AdminEmail = "mallory@example.com" },
	} {
		changed := store.DeepCopy()
		change(&changed.Spec)
		if err := stores.Patch(t.Context(), changed, client.MergeFrom(store)); !apierrors.IsInvalid(err) ||
			!strings.Contains(err.Error(), "cannot be changed") {
			t.Errorf("%s could be changed, or the refusal is unclear: %v", name, err)
		}
	}
	title := store.DeepCopy()
	title.Spec.DisplayName, title.Spec.Plan = "A better title", v1alpha1.PlanMedium
	if err := stores.Patch(t.Context(), title, client.MergeFrom(store)); err != nil {
		t.Errorf("title and plan could not be changed: %v", err)
	}
}
