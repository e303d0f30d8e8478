package tenant

import (
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

func example() Tenant {
	return Tenant{
		Store: "demo", UID: "9b2f", Namespace: NamespaceName("9b2f"), Engine: "medusa",
		Frontend: "front",
		Size: engine.Size{
			DatabaseStorage: "1Gi", UploadsStorage: "1Gi",
			Containers: []engine.Container{
				{Rolls: true, Resources: engine.Resources{CPURequest: "50m", CPULimit: "2", MemoryRequest: "256Mi", MemoryLimit: "512Mi"}},
				{Rolls: true, Resources: engine.Resources{CPURequest: "50m", CPULimit: "1", MemoryRequest: "256Mi", MemoryLimit: "256Mi"}},
				{Resources: tiny()},
				{Resources: tiny()},
			},
		},
		ServerAccount:     types.NamespacedName{Namespace: "platform", Name: "the-server"},
		IngressNamespaces: []string{"platform", "traefik"},
		APIServers:        []string{"203.0.113.7/32", "2001:db8::7/128"},
	}
}

func tiny() engine.Resources {
	return engine.Resources{CPURequest: "10m", CPULimit: "100m", MemoryRequest: "16Mi", MemoryLimit: "32Mi"}
}

func TestNamespaceName(t *testing.T) {
	one := NamespaceName("9b2f")
	if one != NamespaceName("9b2f") {
		t.Error("the same store has two namespaces")
	}
	if one == NamespaceName("9b30") {
		t.Error("two stores have the same namespace")
	}
	if len(one) != len("store-")+10 {
		t.Errorf("the name is %s", one)
	}
}

func TestNamespaceEnforcesRestricted(t *testing.T) {
	namespace := example().NewNamespace()
	for _, mode := range []string{"enforce", "audit", "warn"} {
		if got := namespace.Labels["pod-security.kubernetes.io/"+mode]; got != "restricted" {
			t.Errorf("%s is %q", mode, got)
		}
	}
	if namespace.Annotations[AnnotationUID] != "9b2f" || namespace.OwnerReferences[0].UID != "9b2f" {
		t.Errorf("the namespace does not refer to its store: %+v", namespace.ObjectMeta)
	}
}

func TestEveryObjectHasLabelsAndKind(t *testing.T) {
	objects := example().Guardrails()
	seen := map[string]bool{}
	for _, object := range objects {
		kind := object.GetObjectKind().GroupVersionKind()
		if kind.Kind == "" || kind.Version == "" {
			t.Errorf("%s has no kind", object.GetName())
		}
		if object.GetLabels()[v1alpha1.LabelStore] != "demo" || object.GetNamespace() != example().Namespace {
			t.Errorf("%s %s does not have the store's labels: %v", kind.Kind, object.GetName(), object.GetLabels())
		}
		if name := kind.Kind + "/" + object.GetName(); seen[name] {
			t.Errorf("%s exists twice", name)
		} else {
			seen[name] = true
		}
	}
	if _, first := objects[0].(*corev1.ResourceQuota); !first {
		t.Error("the quota does not come first")
	}
}

func find[T client.Object](t *testing.T, name string) T {
	t.Helper()
	for _, object := range example().Guardrails() {
		if typed, ok := object.(T); ok && object.GetName() == name {
			return typed
		}
	}
	t.Fatalf("no %T %s", *new(T), name)
	return *new(T)
}

func TestQuotaFitsARollingUpdate(t *testing.T) {
	hard := find[*corev1.ResourceQuota](t, QuotaName).Spec.Hard
	for resource, want := range map[corev1.ResourceName]string{
		corev1.ResourceLimitsMemory:          "1600Mi", // twice 512 and 256, twice 32
		corev1.ResourceLimitsCPU:             "6200m",
		corev1.ResourceRequestsStorage:       "2Gi",
		corev1.ResourceServicesNodePorts:     "0",
		corev1.ResourceServicesLoadBalancers: "0",
	} {
		if got := hard[resource]; got.String() != want {
			t.Errorf("%s is %s, want %s", resource, got.String(), want)
		}
	}
	limit := find[*corev1.LimitRange](t, "containers").Spec.Limits[0]
	if got := limit.Max.Memory().String(); got != "512Mi" {
		t.Errorf("the largest container may use %s, want what the server uses", got)
	}
}

// TestDefaultsOfASmallPlan has a plan whose largest container is smaller than the usual defaults: Kubernetes would refuse them.
func TestDefaultsOfASmallPlan(t *testing.T) {
	small := Tenant{Size: engine.Size{Containers: []engine.Container{{Resources: tiny()}}}}
	limit := small.limits().Spec.Limits[0]
	for name, got := range map[string]corev1.ResourceList{"default": limit.Default, "default request": limit.DefaultRequest} {
		if got.Cpu().Cmp(*limit.Max.Cpu()) > 0 || got.Memory().Cmp(*limit.Max.Memory()) > 0 {
			t.Errorf("the %s is %s and %s, above the maximum of %s and %s", name, got.Cpu(), got.Memory(), limit.Max.Cpu(), limit.Max.Memory())
		}
	}
}

// TestQuotaShrinksAfterThePods changes a store to a smaller plan. Until the old pods have gone, the quota stays what they need.
func TestQuotaShrinksAfterThePods(t *testing.T) {
	small := Tenant{Size: engine.Size{Containers: []engine.Container{{Rolls: true, Resources: tiny()}}}} // 32Mi, twice during an update.
	for name, test := range map[string]struct{ allowed, used, want string }{
		"OldPodsRun":  {"4Gi", "2Gi", "4Gi"},
		"BothRun":     {"4Gi", "33Mi", "4Gi"},
		"OldOnesGone": {"4Gi", "32Mi", "64Mi"},
		"Larger":      {"48Mi", "48Mi", "64Mi"},
	} {
		t.Run(name, func(t *testing.T) {
			small.Quota = &corev1.ResourceQuota{
				Spec:   corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourceLimitsMemory: resource.MustParse(test.allowed)}},
				Status: corev1.ResourceQuotaStatus{Used: corev1.ResourceList{corev1.ResourceLimitsMemory: resource.MustParse(test.used)}},
			}
			if got := small.quota().Spec.Hard[corev1.ResourceLimitsMemory]; got.String() != test.want {
				t.Errorf("%s of memory are allowed, want %s", got.String(), test.want)
			}
		})
	}
}

func TestAccessIsToOneSecretAndNothingElse(t *testing.T) {
	for _, rule := range find[*rbacv1.Role](t, "shopflow-server").Rules {
		for _, verb := range rule.Verbs {
			if !slices.Contains([]string{"get", "list", "watch"}, verb) {
				t.Errorf("the API server may %s %v", verb, rule.Resources)
			}
		}
		if slices.Contains(rule.Resources, "secrets") && !slices.Equal(rule.ResourceNames, []string{v1alpha1.CredentialsSecret}) {
			t.Errorf("the API server may read secrets %v", rule.ResourceNames)
		}
	}
}

func TestNoTokenByDefault(t *testing.T) {
	if mount := find[*corev1.ServiceAccount](t, "default").AutomountServiceAccountToken; mount == nil || *mount {
		t.Error("pods get a token")
	}
}

func TestDefaultDeny(t *testing.T) {
	spec := find[*networkingv1.NetworkPolicy](t, "default-deny").Spec
	if len(spec.PodSelector.MatchLabels)+len(spec.PodSelector.MatchExpressions) != 0 || len(spec.PolicyTypes) != 2 ||
		len(spec.Ingress)+len(spec.Egress) != 0 {
		t.Errorf("spec %+v", spec)
	}
}

func TestCustomersUseTheIngressController(t *testing.T) {
	spec := find[*networkingv1.NetworkPolicy](t, "allow-customers").Spec
	expression := spec.Ingress[0].From[0].NamespaceSelector.MatchExpressions[0]
	if !slices.Equal(expression.Values, []string{"platform", "traefik"}) || len(spec.Ingress[0].From) != 1 {
		t.Errorf("spec %+v", spec)
	}
	if spec.PodSelector.MatchLabels["app.kubernetes.io/component"] != "front" {
		t.Errorf("customers reach %v", spec.PodSelector)
	}
}

func TestInternetExcludesClusterAndMetadata(t *testing.T) {
	peers := find[*networkingv1.NetworkPolicy](t, "allow-internet").Spec.Egress[0].To
	reachable := func(text string) bool {
		address := netip.MustParseAddr(text)
		for _, peer := range peers {
			if !netip.MustParsePrefix(peer.IPBlock.CIDR).Contains(address) {
				continue
			}
			if !slices.ContainsFunc(peer.IPBlock.Except, func(except string) bool { return netip.MustParsePrefix(except).Contains(address) }) {
				return true
			}
		}
		return false
	}
	for address, want := range map[string]bool{
		"1.1.1.1": true, "2606:4700::1111": true,
		"10.96.0.1": false, "10.244.3.4": false, "172.31.0.1": false, "192.168.1.1": false, "127.0.0.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "198.18.0.1": false, "fd00::1": false, "fe80::1": false, "::1": false,
		"203.0.113.7": false, "203.0.113.8": true, "2001:db8::7": false,
	} {
		if got := reachable(address); got != want {
			t.Errorf("%s is reachable: %v, want %v", address, got, want)
		}
	}
}
