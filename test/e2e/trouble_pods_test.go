package e2e

import (
	"context"
	"errors"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// patientTroubles are failures that look like a slow start for minutes.
func patientTroubles() []trouble {
	// The gateway must not write the address to the Ingress's status, which says that it serves the route.
	route := refused("no-route", v1alpha1.ReasonRouteNotAccepted, "No ingress controller of class shopflow serves no-route.", "networking.k8s.io", "ingresses/status", admissionv1.Update)
	route.patient = true
	return []trouble{
		{
			failure: failure{
				store: "mute-database", reason: v1alpha1.ReasonDatabaseNotReady, says: "The database is running but not responding",
				cause: func(ctx context.Context, p *platform, namespace string) error {
					return p.cutOff(ctx, namespace, "database")
				},
				cure: func(ctx context.Context, p *platform, namespace string) error {
					return p.letOut(ctx, namespace, "database")
				},
			},
			ends: "Event", patient: true,
		},
		{
			failure: failure{
				store: "mute-server", reason: v1alpha1.ReasonProbeFailing, says: "Container server of server is running but not responding",
				cause: func(ctx context.Context, p *platform, namespace string) error {
					return p.hang(ctx, namespace, "server")
				},
				cure: func(context.Context, *platform, string) error { return nil }, // ShopFlow restarts what does nothing.
			},
			ends: "Event", patient: true,
		},
		// A pod with a scheduling gate waits until it is removed.
		changedPods("gated", v1alpha1.ReasonDeadlineExceeded, "The pod of server is not ready after 2m0s (pending)", "Condition", true,
			`[JSONPatch{op: "add", path: "/spec/schedulingGates", value: [Object.spec.schedulingGates{name: "shopflow.dev/never"}]}]`),
		route,
	}
}

// troublesOfPods are failures of what the store's pods do, those that take longest first.
func troublesOfPods() []trouble {
	return []trouble{
		changedPods("no-memory", v1alpha1.ReasonOutOfMemory, "Container server of server was killed because it exceeded its memory limit", "Container", false,
			`[JSONPatch{op: "replace", path: "/spec/containers/0/resources/limits/memory", value: "48Mi"},
			  JSONPatch{op: "replace", path: "/spec/containers/0/resources/requests/memory", value: "48Mi"}]`),
		// Service meshes add an init container like this.
		changedPods("no-start", v1alpha1.ReasonInitFailed, "Init container mesh of server (1 of 1) fails with exit code 3: there is no mesh", "Container", false,
			`[JSONPatch{op: "add", path: "/spec/initContainers", value: [Object.spec.initContainers{
				name: "mesh", image: object.spec.containers[0].image, command: ["node", "-e", "console.error('there is no mesh'); process.exit(3)"],
				terminationMessagePolicy: "FallbackToLogsOnError",
				securityContext: Object.spec.initContainers.securityContext{
					allowPrivilegeEscalation: false, capabilities: Object.spec.initContainers.securityContext.capabilities{drop: ["ALL"]},
				}
			}]}]`),
		{
			failure: failure{
				store: "full-database", reason: v1alpha1.ReasonVolumeFull, says: "The volume of database is full", state: v1alpha1.StateFailed,
				cause: func(ctx context.Context, p *platform, namespace string) error {
					if err := p.fillVolume(ctx, namespace, "data-database-0"); err != nil {
						return err
					}
					return p.kube.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": "database"})
				},
				cure: func(ctx context.Context, p *platform, namespace string) error {
					return errors.Join(p.emptyVolume(ctx, namespace, "data-database-0"), p.retryPod(ctx, "full-database", namespace, "database"))
				},
			},
			ends: "Container",
		},
	}
}

// changedPods lets the cluster change the server's pods when they are created. The pods stay changed until a retry is requested.
func changedPods(store, reason, says, ends string, patient bool, change string) trouble {
	return trouble{
		failure: failure{
			store: store, reason: reason, says: says,
			before: func(ctx context.Context, p *platform, _ string) error {
				return p.impose(ctx, policy{store: store, component: "server", resource: "pods", operation: admissionv1.Create, change: change})
			},
			cure: func(ctx context.Context, p *platform, namespace string) error {
				return errors.Join(p.lift(ctx, store), p.retryPod(ctx, store, namespace, "server"))
			},
		},
		ends: ends, patient: patient,
	}
}
