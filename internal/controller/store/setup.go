package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	crcache "sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// maxConcurrentPasses bounds how many stores are reconciled at the same time.
const maxConcurrentPasses = 4

// Scheme returns the types that the controller knows.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register types: %w", err)
		}
	}
	return scheme, nil
}

// Charts loads the charts of engines.
func Charts(engines []engine.Engine) (map[v1alpha1.Engine]*helmrelease.Chart, error) {
	loaded := map[v1alpha1.Engine]*helmrelease.Chart{}
	for _, one := range engines {
		chart, err := helmrelease.LoadChart(one.Chart)
		if err != nil {
			return nil, fmt.Errorf("engine %s: %w", one.Name, err)
		}
		loaded[one.Name] = chart
	}
	return loaded, nil
}

// owned returns the kinds of objects in a store's namespace that are cached and watched.
func owned() []client.Object {
	return []client.Object{
		&corev1.Namespace{}, &corev1.Pod{}, &corev1.Service{}, &corev1.ConfigMap{}, &corev1.PersistentVolumeClaim{},
		&corev1.ServiceAccount{}, &corev1.LimitRange{}, &appsv1.Deployment{}, &appsv1.StatefulSet{},
		&networkingv1.Ingress{}, &networkingv1.NetworkPolicy{}, &rbacv1.Role{}, &rbacv1.RoleBinding{},
	}
}

// CacheOptions keeps the cache small: it contains only objects of stores, without managed fields, and only the metadata of Secrets.
func CacheOptions() (crcache.Options, error) {
	hasStore, err := labels.NewRequirement(v1alpha1.LabelStore, selection.Exists, nil)
	if err != nil {
		return crcache.Options{}, fmt.Errorf("build selector: %w", err)
	}
	ofStores := crcache.ByObject{Label: labels.NewSelector().Add(*hasStore)}
	options := crcache.Options{
		DefaultTransform: crcache.TransformStripManagedFields(),
		ByObject: map[client.Object]crcache.ByObject{
			secretMetadata():           ofStores,
			&corev1.ResourceQuota{}:    ofStores,
			&corev1.PersistentVolume{}: {Transform: stripVolume},
			&discoveryv1.EndpointSlice{}: {
				Namespaces: map[string]crcache.Config{corev1.NamespaceDefault: {}},
				Label:      labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: "kubernetes"}),
			},
		},
	}
	for _, object := range owned() {
		options.ByObject[object] = ofStores
	}
	return options, nil
}

func secretMetadata() *metav1.PartialObjectMetadata {
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return secret
}

// stripVolume keeps only what is said about a volume's claim, and its phase: the cache contains all volumes of the cluster, because they have
// no label.
func stripVolume(object any) (any, error) {
	volume, ok := object.(*corev1.PersistentVolume)
	if !ok {
		return object, nil
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name: volume.Name, UID: volume.UID, ResourceVersion: volume.ResourceVersion, Annotations: volume.Annotations,
		},
		Spec: corev1.PersistentVolumeSpec{
			ClaimRef: volume.Spec.ClaimRef, PersistentVolumeReclaimPolicy: volume.Spec.PersistentVolumeReclaimPolicy,
		},
		Status: corev1.PersistentVolumeStatus{Phase: volume.Status.Phase},
	}, nil
}

// SetupWithManager registers the reconciler, its watches and its prover.
func (r *Reconciler) SetupWithManager(mgr manager.Manager) error {
	if err := errors.Join(mgr.Add(r.prover), mgr.Add(r.checker)); err != nil {
		return fmt.Errorf("add prover and checker: %w", err)
	}
	byLabel := handler.EnqueueRequestsFromMapFunc(storeByLabel)
	build := builder.ControllerManagedBy(mgr).
		For(&v1alpha1.Store{}, builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: maxConcurrentPasses,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](50*time.Millisecond, 30*time.Second),
		}).
		Watches(&corev1.ResourceQuota{}, byLabel, builder.WithPredicates(quotaChanged())).
		Watches(&corev1.PersistentVolume{}, handler.EnqueueRequestsFromMapFunc(r.storeByVolume)).
		WatchesMetadata(&corev1.Secret{}, byLabel).
		WatchesRawSource(source.Channel(r.prover.results, handler.TypedEnqueueRequestsFromMapFunc(storeItself))).
		WatchesRawSource(source.Channel(r.checker.results, handler.TypedEnqueueRequestsFromMapFunc(storeItself)))
	for _, object := range owned() {
		build = build.Watches(object, byLabel)
	}
	if err := build.Complete(reconcile.AsReconciler(mgr.GetClient(), r)); err != nil {
		return fmt.Errorf("set up controller: %w", err)
	}
	return nil
}

func storeByLabel(_ context.Context, object client.Object) []ctrl.Request {
	return requestFor(object.GetLabels()[v1alpha1.LabelStore])
}

func storeItself(_ context.Context, store *v1alpha1.Store) []ctrl.Request {
	return requestFor(store.Name)
}

func requestFor(store string) []ctrl.Request {
	if store == "" {
		return nil
	}
	return []ctrl.Request{{NamespacedName: types.NamespacedName{Name: store}}}
}

// storeByVolume triggers a pass over the volume's store if it is being deleted, because only those wait for volumes.
func (r *Reconciler) storeByVolume(ctx context.Context, object client.Object) []ctrl.Request {
	volume, ok := object.(*corev1.PersistentVolume)
	if !ok || volume.Spec.ClaimRef == nil {
		return nil
	}
	var stores v1alpha1.StoreList
	if err := r.Client.List(ctx, &stores); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list stores for a volume")
		return nil
	}
	for i := range stores.Items {
		store := &stores.Items[i]
		if !store.DeletionTimestamp.IsZero() && namespaceOf(store) == volume.Spec.ClaimRef.Namespace {
			return requestFor(store.Name)
		}
	}
	return nil
}

// quotaChanged triggers a pass when a quota is changed and when the cluster has counted it, but not each time the count changes.
func quotaChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*corev1.ResourceQuota)
		after, ok2 := e.ObjectNew.(*corev1.ResourceQuota)
		return !ok || !ok2 || !equality.Semantic.DeepEqual(before.Spec, after.Spec) ||
			len(before.Status.Hard) != len(after.Status.Hard)
	}}
}
