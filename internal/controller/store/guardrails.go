package store

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/internal/tenant"
)

// maxConcurrentApplies bounds the requests of one store's guard rails.
const maxConcurrentApplies = 8

// reconcileGuardrails applies the guard rails. They come before the release, so that nothing ever runs without them.
func (r *Reconciler) reconcileGuardrails(ctx context.Context, s *scope) (outcome, error) {
	objects := s.tenant.Guardrails()
	// One failure does not cancel the others: the next pass has less to do.
	var group errgroup.Group
	group.SetLimit(maxConcurrentApplies)
	for _, object := range objects {
		group.Go(func() error { return r.applier.Apply(ctx, s.namespace(), object) })
	}
	if err := group.Wait(); err != nil {
		return outcome{}, err
	}
	return done("Quota, limits, network policies and roles are in place"), nil
}

// quotaCounted reports whether the cluster has counted the store's quota. Until then it refuses every object that the quota counts.
func (r *Reconciler) quotaCounted(ctx context.Context, namespace string) (bool, error) {
	key := types.NamespacedName{Namespace: namespace, Name: tenant.QuotaName}
	for _, reader := range []client.Reader{r.Client, r.Live} {
		var quota corev1.ResourceQuota
		err := reader.Get(ctx, key, &quota)
		if err != nil && !apierrors.IsNotFound(err) {
			return false, fmt.Errorf("read quota: %w", err)
		}
		if err == nil && len(quota.Spec.Hard) > 0 && len(quota.Status.Hard) == len(quota.Spec.Hard) {
			return true, nil
		}
	}
	return false, nil
}

// apiServers returns the addresses of the API server, as CIDRs in a stable order.
func (r *Reconciler) apiServers(ctx context.Context) ([]string, error) {
	var found discoveryv1.EndpointSliceList
	err := r.Client.List(ctx, &found, client.InNamespace(corev1.NamespaceDefault),
		client.MatchingLabels{discoveryv1.LabelServiceName: "kubernetes"})
	if err != nil {
		return nil, fmt.Errorf("list API servers: %w", err)
	}
	var servers []string
	for _, slice := range found.Items {
		for _, endpoint := range slice.Endpoints {
			for _, text := range endpoint.Addresses {
				if address, err := netip.ParseAddr(text); err == nil {
					servers = append(servers, netip.PrefixFrom(address, address.BitLen()).String())
				}
			}
		}
	}
	slices.Sort(servers)
	return slices.Compact(servers), nil
}
