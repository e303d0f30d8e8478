package observe

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/stores"
)

// Usage is what a store uses.
type Usage struct {
	// At is when the newest measurement was taken.
	At         time.Time
	Components []ComponentUsage
	Volumes    []Volume
	// Requests are those of customers; nil where they are not counted.
	Requests *Requests
	// Missing says what could not be measured, and why, one sentence each.
	Missing []string
}

// ComponentUsage is what a component of a store uses, and may use.
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

// Usage returns what the store uses now.
func (o *Observer) Usage(ctx context.Context, viewer stores.Viewer, name string) (Usage, error) {
	usage := Usage{At: o.cluster.Clock.Now()}
	store, err := o.finder.Get(ctx, viewer, name)
	if err != nil || store.Status.Namespace == "" {
		return usage, err
	}
	in := client.InNamespace(store.Status.Namespace)
	var pods corev1.PodList
	if err := o.objects.List(ctx, &pods, in); err != nil {
		return usage, stores.FromKubernetes(fmt.Errorf("list pods of store %s: %w", name, err))
	}
	var claims corev1.PersistentVolumeClaimList
	if err := o.objects.List(ctx, &claims, in); err != nil {
		return usage, stores.FromKubernetes(fmt.Errorf("list volumes of store %s: %w", name, err))
	}
	measured, err := o.measurePods(ctx, store.Status.Namespace)
	if err != nil {
		usage.Missing = append(usage.Missing, "CPU and memory are not available: metrics-server does not respond")
	}
	usage.add(pods.Items, measured)
	for _, claim := range claims.Items {
		size := claim.Status.Capacity[corev1.ResourceStorage]
		usage.Volumes = append(usage.Volumes, Volume{Name: claim.Name, Capacity: size.Value()})
	}
	usage.Requests, err = o.requests(ctx, store)
	switch {
	case err != nil:
		usage.Missing = append(usage.Missing, "Requests are not available: the gateway does not respond")
	case usage.Requests == nil && store.Status.URL != "":
		usage.Missing = append(usage.Missing, "Requests are counted only where ShopFlow's own gateway serves the stores")
	}
	return usage, nil
}

// add adds the pods, by component.
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

func (o *Observer) requests(ctx context.Context, store *v1alpha1.Store) (*Requests, error) {
	if o.cluster.Requests == nil || store.Status.URL == "" {
		return nil, nil //nolint:nilnil // they are not counted
	}
	address, err := url.Parse(store.Status.URL)
	if err != nil {
		return nil, fmt.Errorf("read the address of store %s: %w", store.Name, err)
	}
	requests, err := o.cluster.Requests(ctx, address.Hostname())
	return &requests, err
}
