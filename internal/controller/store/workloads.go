package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/engine"
)

const (
	// diagnoseAfter saves every healthy start the cost of a diagnosis.
	diagnoseAfter = 2 * time.Second
	// freshFor is how long after a change of the release the cache may show the workloads as they were before.
	freshFor = 5 * time.Second
	// nudgeInterval is how often workload controllers that have backed off are made to retry.
	nudgeInterval = 10 * time.Second
	// annotationNudged is what a nudge changes: any change makes a workload controller look at its object at once.
	annotationNudged = "shopflow.dev/nudged-at"
)

// reconcileWorkloads checks whether everything that the release runs is ready and, if not, why.
func (r *Reconciler) reconcileWorkloads(ctx context.Context, s *scope) (outcome, error) {
	symptoms := diagnose.Symptoms{Now: s.now, Since: s.falseSince(v1alpha1.WorkloadsReady)}
	unready, err := r.unreadyComponents(ctx, s, &symptoms)
	if err != nil {
		return outcome{}, err
	}
	s.sellable = !slices.ContainsFunc(s.recipe.Engine.RequiredForSale(), func(component string) bool { return slices.Contains(unready, component) })
	if len(unready) == 0 {
		r.nudges.forget(s.store.UID)
		r.works.forget(s.store.UID)
		s.claims, err = r.claimsOf(ctx, s.namespace())
		return done("All components are ready"), err
	}
	reason := v1alpha1.ReasonPodsNotReady
	if slices.Contains(unready, engine.Database) {
		reason = v1alpha1.ReasonDatabaseNotReady
	}
	result := waiting(reason, "Waiting for "+strings.Join(unready, ", ")).requeue(pollInterval)
	if symptoms.Now.Sub(symptoms.Since) < diagnoseAfter {
		return result, nil
	}
	if err := r.collectSymptoms(ctx, s.namespace(), &symptoms); err != nil {
		return outcome{}, err
	}
	if s.refresh.applies { // What pods suffered from before it says nothing about a refresh.
		symptoms.Pods = slices.DeleteFunc(symptoms.Pods, func(pod corev1.Pod) bool { return unreadyBefore(&pod, s.observed.StartedAt) })
	}
	if err := r.restartHung(ctx, s, symptoms.Pods); err != nil {
		return outcome{}, err
	}
	cause := diagnose.Workloads(symptoms)
	if cause.Reason == "" || isStart(cause) {
		return r.starting(ctx, s, result)
	}
	result = diagnosed(cause).requeue(pollInterval)
	if err := r.restartFailedPods(ctx, s, symptoms.Pods); err != nil {
		return outcome{}, err
	}
	if cause.Reason == v1alpha1.ReasonQuotaExceeded || cause.Reason == v1alpha1.ReasonPodsForbidden {
		return result, r.nudge(ctx, s, symptoms)
	}
	return result, nil
}

// unreadyComponents lists the release's Deployments and StatefulSets and returns the names of those that are not ready, sorted.
func (r *Reconciler) unreadyComponents(ctx context.Context, s *scope, symptoms *diagnose.Symptoms) ([]string, error) {
	ready, reader := map[string]bool{}, client.Reader(r.Client)
	if s.live && s.now.Sub(s.observed.StartedAt) < freshFor {
		reader = r.Live
	}
	var deployments appsv1.DeploymentList
	if err := reader.List(ctx, &deployments, client.InNamespace(s.namespace())); err != nil {
		return nil, fmt.Errorf("list deployments: %w", err)
	}
	for i := range deployments.Items {
		ready["Deployment/"+deployments.Items[i].Name] = deploymentReady(&deployments.Items[i])
	}
	var sets appsv1.StatefulSetList
	if err := reader.List(ctx, &sets, client.InNamespace(s.namespace())); err != nil {
		return nil, fmt.Errorf("list stateful sets: %w", err)
	}
	for i := range sets.Items {
		ready["StatefulSet/"+sets.Items[i].Name] = statefulSetReady(&sets.Items[i])
	}
	symptoms.Deployments, symptoms.StatefulSets = deployments.Items, sets.Items
	var unready []string
	for _, item := range s.observed.Inventory {
		if (item.Kind == "Deployment" || item.Kind == "StatefulSet") && !ready[item.Kind+"/"+item.Name] {
			unready = append(unready, item.Name)
		}
	}
	slices.Sort(unready)
	return unready, nil
}

// deploymentReady reports whether all replicas are of the newest template and available.
func deploymentReady(deployment *appsv1.Deployment) bool {
	status := deployment.Status
	desired := max(1, replicas(deployment.Spec.Replicas)) // None at all is not what a store is made with.
	return status.ObservedGeneration >= deployment.Generation && status.UpdatedReplicas >= desired &&
		status.Replicas == status.UpdatedReplicas && status.AvailableReplicas >= desired
}

// statefulSetReady reports whether all replicas are of the newest template and ready.
func statefulSetReady(set *appsv1.StatefulSet) bool {
	status := set.Status
	desired := max(1, replicas(set.Spec.Replicas))
	return status.ObservedGeneration >= set.Generation && status.UpdatedReplicas >= desired && status.ReadyReplicas >= desired
}

// replicas returns the number of replicas of a workload. Left out, it is 1.
func replicas(number *int32) int32 {
	if number == nil {
		return 1
	}
	return *number
}

// nudge makes the cluster retry to create pods that it refused. Its own controllers wait longer after each refusal, up to a quarter of
// an hour, but look at once when the object changes. A Deployment passes the change on to its ReplicaSet.
func (r *Reconciler) nudge(ctx context.Context, s *scope, symptoms diagnose.Symptoms) error {
	if symptoms.Now.Sub(r.nudges.get(s.store.UID)) < nudgeInterval {
		return nil
	}
	r.nudges.put(s.store.UID, symptoms.Now)
	var objects []client.Object
	for i := range symptoms.Deployments {
		if deployment := &symptoms.Deployments[i]; deployment.Status.Replicas < replicas(deployment.Spec.Replicas) {
			objects = append(objects, deployment)
		}
	}
	for i := range symptoms.StatefulSets {
		if set := &symptoms.StatefulSets[i]; set.Status.Replicas < replicas(set.Spec.Replicas) {
			objects = append(objects, set)
		}
	}
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, annotationNudged, symptoms.Now.UTC().Format(time.RFC3339))
	for _, object := range objects {
		err := r.Client.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch), client.FieldOwner("shopflow-nudge"))
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("nudge %s: %w", object.GetName(), err)
		}
	}
	return nil
}
