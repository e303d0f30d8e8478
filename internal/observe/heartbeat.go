package observe

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/internal/stores"
)

// controllerLease is the lease by which one controller leads.
const controllerLease = "shopflow-controller"

// Heartbeat is the last sign of life of the controller.
type Heartbeat struct {
	Alive bool
	// LastSeen is when it last renewed its lease; zero if it never did.
	LastSeen time.Time
}

// Controller reports whether a controller is running: the leader renews its lease every few seconds.
func (o *Observer) Controller(ctx context.Context) (Heartbeat, error) {
	var lease coordinationv1.Lease
	err := o.objects.Get(ctx, client.ObjectKey{Namespace: o.cluster.Namespace, Name: controllerLease}, &lease)
	if apierrors.IsNotFound(err) {
		return Heartbeat{}, nil
	}
	if err != nil {
		return Heartbeat{}, stores.FromKubernetes(fmt.Errorf("read the controller's lease: %w", err))
	}
	if lease.Spec.RenewTime == nil || lease.Spec.LeaseDurationSeconds == nil {
		return Heartbeat{}, nil
	}
	renewed := lease.Spec.RenewTime.Time
	duration := time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second
	held := lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != ""
	return Heartbeat{Alive: held && o.cluster.Clock.Now().Before(renewed.Add(duration)), LastSeen: renewed}, nil
}
