package node

import (
	"context"
	"fmt"
)

// startControlPlane starts etcd, the API server and the controller manager, and returns when they are ready. As soon as the API server knows
// who may do what, it calls live.
func (s *supervisor) startControlPlane(ctx context.Context, live func()) error {
	l := s.layout
	store, err := newProbe(l, "etcd-ca", "etcd-client", s.inside)
	if err != nil {
		return err
	}
	cluster, err := newProbe(l, "ca", "admin", s.inside)
	if err != nil {
		return err
	}
	// The API server needs longer to wake up than etcd: they start together.
	for _, c := range []component{etcd(l), apiserver(l)} {
		if err := s.start(ctx, c); err != nil {
			return err
		}
	}
	if err := s.await(ctx, "etcd", func(ctx context.Context) error { return store.ask(ctx, l.etcdURL()+"/health") }); err != nil {
		return err
	}
	// What follows reads from the API server: too early it would be refused, and come back only seconds later.
	err = until(ctx, pollEvery, func(ctx context.Context) error {
		return cluster.ask(ctx, l.server()+"/readyz/poststarthook/rbac/bootstrap-roles")
	})
	if err != nil {
		return fmt.Errorf("wait for kube-apiserver: %w%s", err, s.lastWords("kube-apiserver"))
	}
	live()
	if err := s.start(ctx, controllerManager(l)); err != nil {
		return err
	}
	if err := s.await(ctx, "kube-apiserver", func(ctx context.Context) error { return cluster.ask(ctx, l.server()+"/readyz") }); err != nil {
		return err
	}
	health := fmt.Sprintf("https://%s:%d/healthz", loopback, l.ports.controllers)
	return s.await(ctx, "kube-controller-manager", func(ctx context.Context) error { return cluster.ask(ctx, health) })
}
