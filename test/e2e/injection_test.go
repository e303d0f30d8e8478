package e2e

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/install"
)

// kept is the annotation that the catalog as it was is kept in.
const kept = "shopflow.dev/kept"

// swapImage lets Medusa stores run another role's image in place of one, and the controller read that.
func (p *platform) swapImage(ctx context.Context, role, other string) error {
	file, err := p.catalog(ctx)
	if err != nil {
		return err
	}
	old := file.Data["catalog.yaml"]
	software, err := catalog.Parse([]byte(old))
	if err != nil {
		return err
	}
	offer := software.Engines["medusa"]
	images := offer.Versions[offer.Default].Images
	images[role] = images[other]
	changed, err := yaml.Marshal(software)
	if err != nil {
		return err
	}
	file.Annotations = map[string]string{kept: old}
	file.Data["catalog.yaml"] = string(changed)
	if err := p.kube.Update(ctx, file); err != nil {
		return err
	}
	return p.restartController(ctx)
}

// restoreCatalog takes swapImage back.
func (p *platform) restoreCatalog(ctx context.Context) error {
	file, err := p.catalog(ctx)
	if err != nil {
		return err
	}
	if file.Annotations[kept] == "" {
		return errors.New("there is no catalog to go back to")
	}
	file.Data["catalog.yaml"] = file.Annotations[kept]
	delete(file.Annotations, kept)
	if err := p.kube.Update(ctx, file); err != nil {
		return err
	}
	return p.restartController(ctx)
}

func (p *platform) catalog(ctx context.Context) (*corev1.ConfigMap, error) {
	var file corev1.ConfigMap
	err := p.kube.Get(ctx, client.ObjectKey{Namespace: install.DefaultNamespace, Name: "shopflow-catalog"}, &file)
	return &file, err
}

// greedy is a pod that asks for all the CPU that is left and does nothing with it.
func greedy() *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Namespace, pod.Name = "default", "greedy"
	return pod
}

// takeCPU asks for every CPU that the node still has to give, but a little.
func (p *platform) takeCPU(ctx context.Context) error {
	var nodes corev1.NodeList
	if err := p.kube.List(ctx, &nodes); err != nil {
		return err
	}
	var pods corev1.PodList
	if err := p.kube.List(ctx, &pods); err != nil {
		return err
	}
	free := nodes.Items[0].Status.Allocatable.Cpu().MilliValue()
	image := ""
	for _, pod := range pods.Items {
		if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		for _, container := range pod.Spec.Containers {
			free -= container.Resources.Requests.Cpu().MilliValue()
			if pod.Namespace == install.DefaultNamespace {
				image = container.Image
			}
		}
	}
	const left = 10 // Less than any part of a store asks for.
	if free <= left {
		return fmt.Errorf("the node has %d m of CPU left", free)
	}
	pod := greedy()
	// Its image may be anything that is there: what counts is what it asks for.
	pod.Spec.Containers = []corev1.Container{{
		Name: "greedy", Image: image, ImagePullPolicy: corev1.PullNever, Command: []string{"/nothing"},
		Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: *resource.NewMilliQuantity(free-left, resource.DecimalSI)}},
	}}
	return p.kube.Create(ctx, pod)
}

// giveCPU takes takeCPU back.
func (p *platform) giveCPU(ctx context.Context) error {
	return client.IgnoreNotFound(p.kube.Delete(ctx, greedy(), client.GracePeriodSeconds(0)))
}
