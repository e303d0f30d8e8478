package volumes

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// annotationProvisioner names the provisioner of a volume; the provisioning library writes it.
const annotationProvisioner = "pv.kubernetes.io/provisioned-by"

// grower gives claims of this provisioner more room when they request it. A folder has as much room as its disk, so only numbers change.
type grower struct {
	client kubernetes.Interface
	claims corelisters.PersistentVolumeClaimLister
	queue  workqueue.TypedRateLimitingInterface[cache.ObjectName]
}

// grow watches claims until the context ends.
func grow(ctx context.Context, client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactory(client, time.Minute)
	claims := factory.Core().V1().PersistentVolumeClaims()
	g := &grower{
		client: client, claims: claims.Lister(),
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]()),
	}
	add := func(object any) {
		if claim, ok := object.(*corev1.PersistentVolumeClaim); ok && wantsMore(claim) {
			g.queue.Add(cache.MetaObjectToName(claim))
		}
	}
	handler := cache.ResourceEventHandlerFuncs{AddFunc: add, UpdateFunc: func(_, object any) { add(object) }}
	if _, err := claims.Informer().AddEventHandler(handler); err != nil {
		return fmt.Errorf("watch claims: %w", err)
	}
	factory.Start(ctx.Done())
	go func() {
		<-ctx.Done()
		g.queue.ShutDown()
	}()
	for g.next(ctx) {
	}
	return nil
}

// next grows one claim, and reports whether there may be another one.
func (g *grower) next(ctx context.Context) bool {
	name, closed := g.queue.Get()
	if closed {
		return false
	}
	defer g.queue.Done(name)
	if err := g.one(ctx, name); err != nil && ctx.Err() == nil {
		slog.Error("grow a volume", "claim", name.String(), "err", err)
		g.queue.AddRateLimited(name)
		return true
	}
	g.queue.Forget(name)
	return true
}

// one gives the claim and its volume the size that is requested: the volume first, since that is what has the room.
func (g *grower) one(ctx context.Context, name cache.ObjectName) error {
	claim, err := g.claims.PersistentVolumeClaims(name.Namespace).Get(name.Name)
	if err != nil || !wantsMore(claim) {
		return nil //nolint:nilerr // it is gone
	}
	volume, err := g.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read volume: %w", err)
	}
	if volume.Annotations[annotationProvisioner] != Name {
		return nil
	}
	wanted := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if has := volume.Spec.Capacity[corev1.ResourceStorage]; has.Cmp(wanted) < 0 {
		patch := capacity("spec", wanted)
		if _, err := g.client.CoreV1().PersistentVolumes().Patch(ctx, volume.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("grow volume: %w", err)
		}
	}
	_, err = g.client.CoreV1().PersistentVolumeClaims(name.Namespace).
		Patch(ctx, name.Name, types.MergePatchType, capacity("status", wanted), metav1.PatchOptions{}, "status")
	if err != nil {
		return fmt.Errorf("grow claim: %w", err)
	}
	return nil
}

// wantsMore reports whether a claim that is bound requests more than it has.
func wantsMore(claim *corev1.PersistentVolumeClaim) bool {
	has, wanted := claim.Status.Capacity[corev1.ResourceStorage], claim.Spec.Resources.Requests[corev1.ResourceStorage]
	return claim.Status.Phase == corev1.ClaimBound && claim.DeletionTimestamp == nil && has.Cmp(wanted) < 0
}

func capacity(part string, size resource.Quantity) []byte {
	return fmt.Appendf(nil, `{%q:{"capacity":{"storage":%q}}}`, part, size.String())
}
