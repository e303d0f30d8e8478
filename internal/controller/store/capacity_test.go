package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

func TestShortage(t *testing.T) {
	requests := func(cpu, memory string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
	}
	const mi = 1 << 20
	web := demand{component: "web", cpu: 100, memory: 100 * mi}
	database := demand{component: "database", cpu: 100, memory: 300 * mi, replaces: true, node: "a", back: requests("50m", "200Mi")}
	for name, test := range map[string]struct {
		rooms   []room
		demands []demand
		short   string
	}{
		"Fits":              {[]room{{"a", 150, 200 * mi}}, []demand{web, database}, ""},
		"ExactlyAfterwards": {[]room{{"a", 50, 100 * mi}}, []demand{database}, ""},
		"TooLittleMemory":   {[]room{{"a", 1000, 99 * mi}}, []demand{database}, "database"},
		"TooLittleCPU":      {[]room{{"a", 49, 900 * mi}}, []demand{database}, "database"},
		"BothAtOnce":        {[]room{{"a", 100, 150 * mi}}, []demand{web, database}, "web"},
		"OnTwoNodes":        {[]room{{"a", 50, 100 * mi}, {"b", 100, 100 * mi}}, []demand{web, database}, ""},
		"NoNodeIsShown":     {nil, []demand{web}, ""},
		"NothingAsked":      {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := shortage(test.rooms, test.demands)
			if (err == nil) != (test.short == "") || err != nil && !strings.Contains(err.Error(), "for the "+test.short+" of this plan") {
				t.Errorf("got %v, want a shortage for %q", err, test.short)
			}
		})
	}
}

func TestRoomsAndDemands(t *testing.T) {
	pod := func(namespace, component, node, memory string, phase corev1.PodPhase) corev1.Pod {
		return corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Labels: map[string]string{v1alpha1.LabelComponent: component}},
			Spec: corev1.PodSpec{NodeName: node, Containers: []corev1.Container{
				{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)}}},
				{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Ki")}}},
			}},
			Status: corev1.PodStatus{Phase: phase},
		}
	}
	node := func(name string, closed bool) corev1.Node {
		return corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.NodeSpec{Unschedulable: closed},
			Status: corev1.NodeStatus{Allocatable: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("100Ki"), corev1.ResourceCPU: resource.MustParse("2")}},
		}
	}
	pods := []corev1.Pod{
		pod("store-a", "database", "one", "9Ki", corev1.PodRunning), pod("store-b", "database", "one", "19Ki", corev1.PodRunning),
		pod("store-b", "web", "one", "50Ki", corev1.PodFailed), pod("store-a", "web", "two", "5Ki", corev1.PodRunning),
	}
	want := []room{{node: "one", cpu: 2000, memory: 70 << 10}}
	if diff := cmp.Diff(want, rooms([]corev1.Node{node("one", false), node("two", true)}, pods), cmp.AllowUnexported(room{})); diff != "" {
		t.Errorf("rooms (-want +got):\n%s", diff)
	}
	size := engine.Size{Containers: []engine.Container{
		{Component: "web", Name: "app", Rolls: true, Resources: engine.Resources{CPURequest: "10m", MemoryRequest: "1Ki"}},
		{Component: "web", Name: "proxy", Rolls: true, Resources: engine.Resources{CPURequest: "20m", MemoryRequest: "2Ki"}},
		{Component: "database", Name: "database", Resources: engine.Resources{CPURequest: "30m", MemoryRequest: "4Ki"}},
	}}
	got := demands(pods, "store-a", size)
	if len(got) != 2 || got[0].component != "web" || got[0].cpu != 30 || got[0].memory != 3<<10 || got[0].replaces {
		t.Fatalf("got %+v", got)
	}
	if got[1].cpu != 30 || !got[1].replaces || got[1].node != "one" || got[1].back.Memory().Value() != 10<<10 {
		t.Errorf("the database: %+v", got[1])
	}
}
