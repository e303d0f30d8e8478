package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// metricsAPI is where metrics-server answers.
const metricsAPI = "/apis/metrics.k8s.io/v1beta1"

// measurement is what a pod or a node used at a time.
type measurement struct {
	at          time.Time
	cpu, memory int64
}

// resources are CPU and memory as the metrics API writes them.
type resources struct {
	CPU    resource.Quantity `json:"cpu"`
	Memory resource.Quantity `json:"memory"`
}

// measured is an item of a list of the metrics API: a node has a usage, a pod has one for each container.
type measured struct {
	Metadata   struct{ Name string }
	Timestamp  time.Time
	Usage      resources
	Containers []struct{ Usage resources }
}

// measurePods returns what the pods of a namespace use, by name.
func (o *Observer) measurePods(ctx context.Context, namespace string) (map[string]measurement, error) {
	return o.measure(ctx, metricsAPI+"/namespaces/"+url.PathEscape(namespace)+"/pods")
}

func (o *Observer) measure(ctx context.Context, path string) (map[string]measurement, error) {
	answer, err := o.cluster.Measure(ctx, path)
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
