package stores

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// metricsAPI is where metrics-server answers.
const metricsAPI = "/apis/metrics.k8s.io/v1beta1"

// Usage is what a store uses.
type Usage struct {
	// At is when the newest of it was measured.
	At         time.Time
	Components []ComponentUsage
	Volumes    []Volume
	// Requests are those of customers; nil where nobody counts them.
	Requests *Requests
	// Missing says what could not be measured, and why, one sentence each.
	Missing []string
}

// ComponentUsage is what a part of a store uses, and may use.
type ComponentUsage struct {
	Name string
	Pods int
	// Measured tells that the cluster has measured one of its pods; CPU and Memory are 0 until then.
	Measured bool
	// CPU is in thousandths of a core, memory in bytes.
	CPU, CPURequest, CPULimit          int64
	Memory, MemoryRequest, MemoryLimit int64
}

// Volume is a volume of a store.
type Volume struct {
	Name     string
	Capacity int64
}

// Requests counts requests by the class of their answer's status.
type Requests struct {
	Total, OK, Redirects, ClientErrors, ServerErrors int64
}

// Usage measures what the store uses just now.
func (s *Service) Usage(ctx context.Context, viewer Viewer, name string) (Usage, error) {
	usage := Usage{At: s.platform.Clock.Now()}
	store, err := s.Get(ctx, viewer, name)
	if err != nil || store.Status.Namespace == "" {
		return usage, err
	}
	in := client.InNamespace(store.Status.Namespace)
	var pods corev1.PodList
	if err := s.objects.List(ctx, &pods, in); err != nil {
		return usage, translate(fmt.Errorf("list pods of store %s: %w", name, err))
	}
	var claims corev1.PersistentVolumeClaimList
	if err := s.objects.List(ctx, &claims, in); err != nil {
		return usage, translate(fmt.Errorf("list volumes of store %s: %w", name, err))
	}
	measured, err := s.measurePods(ctx, store.Status.Namespace)
	if err != nil {
		usage.Missing = append(usage.Missing, "The cluster does not measure CPU and memory just now; metrics-server answers for them")
	}
	usage.add(pods.Items, measured)
	for _, claim := range claims.Items {
		size := claim.Status.Capacity[corev1.ResourceStorage]
		usage.Volumes = append(usage.Volumes, Volume{Name: claim.Name, Capacity: size.Value()})
	}
	usage.Requests, err = s.requests(ctx, store)
	switch {
	case err != nil:
		usage.Missing = append(usage.Missing, "The gateway does not tell its requests just now")
	case usage.Requests == nil && store.Status.URL != "":
		usage.Missing = append(usage.Missing, "Requests are counted only where ShopFlow's own gateway serves the stores")
	}
	return usage, nil
}

// add sums the pods up by component.
func (u *Usage) add(pods []corev1.Pod, measured map[string]measurement) {
	byName, newest := map[string]*ComponentUsage{}, time.Time{}
	for i := range pods {
		pod := &pods[i]
		name := componentOf(pod)
		if name == "" || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		component := byName[name]
		if component == nil {
			component = &ComponentUsage{Name: name}
			byName[name] = component
		}
		component.Pods++
		for _, container := range pod.Spec.Containers {
			component.CPURequest += container.Resources.Requests.Cpu().MilliValue()
			component.CPULimit += container.Resources.Limits.Cpu().MilliValue()
			component.MemoryRequest += container.Resources.Requests.Memory().Value()
			component.MemoryLimit += container.Resources.Limits.Memory().Value()
		}
		used, ok := measured[pod.Name]
		if !ok {
			continue
		}
		component.Measured = true
		component.CPU += used.cpu
		component.Memory += used.memory
		if used.at.After(newest) {
			newest = used.at
		}
	}
	if !newest.IsZero() {
		u.At = newest
	}
	for _, component := range byName {
		u.Components = append(u.Components, *component)
	}
	slices.SortFunc(u.Components, func(a, b ComponentUsage) int { return strings.Compare(a.Name, b.Name) })
}

// measurement is what something used at a moment.
type measurement struct {
	at          time.Time
	cpu, memory int64
}

// resources are CPU and memory as the metrics API writes them.
type resources struct {
	CPU    resource.Quantity `json:"cpu"`
	Memory resource.Quantity `json:"memory"`
}

// measured is an item of a list of the metrics API: a node has a usage, a pod's containers have.
type measured struct {
	Metadata   struct{ Name string }
	Timestamp  time.Time
	Usage      resources
	Containers []struct{ Usage resources }
}

// measurePods returns what the pods of a namespace use, by name.
func (s *Service) measurePods(ctx context.Context, namespace string) (map[string]measurement, error) {
	return s.measure(ctx, metricsAPI+"/namespaces/"+url.PathEscape(namespace)+"/pods")
}

func (s *Service) measure(ctx context.Context, path string) (map[string]measurement, error) {
	answer, err := s.platform.Measure(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("ask the metrics API: %w", err)
	}
	var list struct{ Items []measured }
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, fmt.Errorf("read the metrics API: %w", err)
	}
	used := map[string]measurement{}
	for _, item := range list.Items {
		sum := measurement{at: item.Timestamp, cpu: item.Usage.CPU.MilliValue(), memory: item.Usage.Memory.Value()}
		for _, container := range item.Containers {
			sum.cpu += container.Usage.CPU.MilliValue()
			sum.memory += container.Usage.Memory.Value()
		}
		used[item.Metadata.Name] = sum
	}
	return used, nil
}

func (s *Service) requests(ctx context.Context, store *v1alpha1.Store) (*Requests, error) {
	if s.platform.Requests == nil || store.Status.URL == "" {
		return nil, nil //nolint:nilnil // nobody counts them
	}
	address, err := url.Parse(store.Status.URL)
	if err != nil {
		return nil, fmt.Errorf("read the address of store %s: %w", store.Name, err)
	}
	requests, err := s.platform.Requests(ctx, address.Hostname())
	return &requests, err
}
