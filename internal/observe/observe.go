// Package observe reads what a store writes and uses: its logs, the events that Kubernetes has of it, its CPU, memory, volumes and
// requests; and what the cluster has for all of them. It changes nothing.
package observe

import (
	"context"
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/stores"
)

// Finder finds the stores that a viewer sees.
type Finder interface {
	Get(ctx context.Context, viewer stores.Viewer, name string) (*v1alpha1.Store, error)
}

// Cluster is what is read of a cluster beside objects.
type Cluster struct {
	// Namespace is the platform's own.
	Namespace string
	Clock     clock.PassiveClock
	// OpenLog opens the log of a container of a pod.
	OpenLog func(ctx context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error)
	// Measure reads a path of the cluster's metrics API.
	Measure func(ctx context.Context, path string) ([]byte, error)
	// Requests counts a host's requests; nil where they are not counted.
	Requests func(ctx context.Context, host string) (Requests, error)
}

// Observer reads. Its errors are *problem.Error where the caller can do something about them.
type Observer struct {
	finder  Finder
	objects client.Reader
	cluster Cluster
}

// New returns an observer of the stores that the finder finds. Reads of objects must not come from a cache.
func New(finder Finder, objects client.Reader, cluster Cluster) *Observer {
	return &Observer{finder: finder, objects: objects, cluster: cluster}
}
