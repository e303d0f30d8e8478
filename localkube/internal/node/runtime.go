package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// containerRuntime talks to containerd as the kubelet does.
type containerRuntime struct {
	connection *grpc.ClientConn
	pods       cri.RuntimeServiceClient
	images     cri.ImageServiceClient
}

func openRuntime(l layout) (*containerRuntime, error) {
	// Nothing but a starting containerd makes this connection fail, so there is no reason to try again slowly.
	eager := grpc.ConnectParams{
		Backoff: backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1.5, MaxDelay: 100 * time.Millisecond},
		// Otherwise an attempt ends with its delay, and on a busy machine containerd takes longer than 10 ms to answer.
		MinConnectTimeout: 5 * time.Second,
	}
	connection, err := grpc.NewClient("unix://"+l.hostSocket(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(eager))
	if err != nil {
		return nil, fmt.Errorf("connect to containerd: %w", err)
	}
	return &containerRuntime{connection: connection, pods: cri.NewRuntimeServiceClient(connection), images: cri.NewImageServiceClient(connection)}, nil
}

func (r *containerRuntime) close() { _ = r.connection.Close() }

// ready returns nil when containerd can run pods in a network.
func (r *containerRuntime) ready(ctx context.Context) error {
	response, err := r.pods.Status(ctx, &cri.StatusRequest{})
	if err != nil {
		return err
	}
	for _, condition := range response.GetStatus().GetConditions() {
		needed := condition.GetType() == cri.RuntimeReady || condition.GetType() == cri.NetworkReady
		if needed && !condition.GetStatus() {
			return fmt.Errorf("%s: %s %s", condition.GetType(), condition.GetReason(), condition.GetMessage())
		}
	}
	return nil
}

// imageID returns the ID of an image, or "" where it is missing.
func (r *containerRuntime) imageID(ctx context.Context, name string) (string, error) {
	response, err := r.images.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: name}})
	if err != nil {
		return "", fmt.Errorf("look for image %s: %w", name, err)
	}
	return response.GetImage().GetId(), nil
}

// stopAll ends every pod: first all containers at once, which get the grace in seconds to end on their own, then what holds the pods together.
func (r *containerRuntime) stopAll(ctx context.Context, grace int64) error {
	containers, err := r.pods.ListContainers(ctx, &cri.ListContainersRequest{Filter: &cri.ContainerFilter{
		State: &cri.ContainerStateValue{State: cri.ContainerState_CONTAINER_RUNNING},
	}})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	var failed failures
	var stopping sync.WaitGroup
	for _, container := range containers.GetContainers() {
		stopping.Go(func() {
			_, err := r.pods.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: container.GetId(), Timeout: grace})
			failed.add(err)
		})
	}
	stopping.Wait()
	sandboxes, err := r.pods.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	var removing errgroup.Group
	removing.SetLimit(8)
	for _, sandbox := range sandboxes.GetItems() {
		removing.Go(func() error {
			_, err := r.pods.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: sandbox.GetId()})
			if err == nil {
				_, err = r.pods.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: sandbox.GetId()})
			}
			failed.add(err)
			return nil
		})
	}
	_ = removing.Wait()
	return failed.err()
}

// failures collects errors of things done at the same time.
type failures struct {
	mu  sync.Mutex
	all []error
}

func (f *failures) add(err error) {
	if err != nil {
		f.mu.Lock()
		f.all = append(f.all, err)
		f.mu.Unlock()
	}
}

func (f *failures) err() error { return errors.Join(f.all...) }
