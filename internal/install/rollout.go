package install

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Wait waits until the platform's Deployments are rolled out, or the context ends. It tells whether they were not before.
func (p *Platform) Wait(ctx context.Context) (waited bool, err error) {
	selector := "app.kubernetes.io/name=shopflow,app.kubernetes.io/instance=" + p.opts.Release
	deployments, err := p.clients.AppsV1().Deployments(p.opts.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return false, fmt.Errorf("list the platform's deployments: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, deployment := range deployments.Items {
		if rolledOut(&deployment) {
			continue
		}
		waited = true
		group.Go(func() error { return p.waitDeployment(ctx, deployment.Name) })
	}
	return waited, group.Wait()
}

// waitDeployment waits until a rollout is complete.
func (p *Platform) waitDeployment(ctx context.Context, name string) error {
	last := "its state is unknown"
	watcher, err := p.clients.AppsV1().Deployments(p.opts.Namespace).Watch(ctx, metav1.SingleObject(metav1.ObjectMeta{Name: name}))
	if err != nil {
		return fmt.Errorf("watch deployment %s: %w", name, err)
	}
	defer watcher.Stop()
	for {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return fmt.Errorf("the watch of deployment %s ended: %s", name, last)
			}
			deployment, ok := event.Object.(*appsv1.Deployment)
			if !ok {
				continue
			}
			if rolledOut(deployment) {
				return nil
			}
			last = fmt.Sprintf("%d of %d pods are ready", deployment.Status.ReadyReplicas, deployment.Status.Replicas)
		case <-ctx.Done():
			return fmt.Errorf("deployment %s is not ready: %s; see kubectl -n %s describe pods: %w", name, last, p.opts.Namespace, ctx.Err())
		}
	}
}

func rolledOut(deployment *appsv1.Deployment) bool {
	status, want := deployment.Status, int32(1)
	if deployment.Spec.Replicas != nil {
		want = *deployment.Spec.Replicas
	}
	return status.ObservedGeneration >= deployment.Generation && status.UpdatedReplicas == want &&
		status.Replicas == want && status.AvailableReplicas == want
}
