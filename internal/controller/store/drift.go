package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/internal/apply"
)

// baseline is how the objects of a release looked when they were as the release wants them. A namespace without one costs one
// needless correction.
type baseline struct {
	digest   string
	verified time.Time
	// objects is nil until the objects of a new revision were seen for the first time.
	objects map[string]apply.Fingerprint
}

const kindClaim = "PersistentVolumeClaim"

// watched returns an empty object of a kind whose changes are noticed, nil for other kinds. Those are put right by the
// check that runs now and then.
func watched(kind string) client.Object {
	switch kind {
	case "Deployment":
		return &appsv1.Deployment{}
	case "StatefulSet":
		return &appsv1.StatefulSet{}
	case "Service":
		return &corev1.Service{}
	case "ConfigMap":
		return &corev1.ConfigMap{}
	case kindClaim:
		return &corev1.PersistentVolumeClaim{}
	case "Ingress":
		return &networkingv1.Ingress{}
	default:
		return nil
	}
}

// correctDrift applies the release again when one of its objects is gone or was changed by somebody else.
func (r *Reconciler) correctDrift(ctx context.Context, s *scope) error {
	seen, missing, err := r.look(ctx, s)
	if err != nil {
		return err
	}
	known := r.drift.get(s.namespace())
	current := known.digest == s.digest && r.Clock.Since(known.verified) < afterQuiet
	if current && missing == "" {
		if known.objects == nil {
			known.objects = seen
			r.drift.put(s.namespace(), known)
		}
		missing = changed(known.objects, seen)
		if missing == "" {
			return nil
		}
	}
	if missing != "" {
		ctrl.LoggerFrom(ctx).Info("correcting the release", "object", missing)
		r.Events.Eventf(s.store, nil, corev1.EventTypeNormal, "Corrected", "Correct", "Restored %s", missing)
	}
	objects, err := r.Helm.Correct(ctx, s.namespace(), s.store.Name)
	if err != nil {
		return err
	}
	now := baseline{digest: s.digest, verified: r.Clock.Now(), objects: map[string]apply.Fingerprint{}}
	for _, object := range objects {
		if err := now.add(object); err != nil {
			return err
		}
	}
	r.drift.put(s.namespace(), now)
	return nil
}

// add enters an object as the API server answered it.
func (b *baseline) add(object *unstructured.Unstructured) error {
	typed := watched(object.GetKind())
	if typed == nil || object.GetKind() == kindClaim {
		return nil
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		return fmt.Errorf("convert %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	print, err := apply.FingerprintOf(typed)
	b.objects[object.GetKind()+" "+object.GetName()] = print
	return err
}

// changed names an object that does not look as it should, the first in order.
func changed(wanted, seen map[string]apply.Fingerprint) string {
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		if wanted[name] != seen[name] {
			return name
		}
	}
	return ""
}

// look hashes the release's objects and names one that is missing. The cache may not know a new object yet, so the API
// server has the last word on what is missing.
func (r *Reconciler) look(ctx context.Context, s *scope) (map[string]apply.Fingerprint, string, error) {
	seen := map[string]apply.Fingerprint{}
	for _, item := range s.observed.Inventory {
		object := watched(item.Kind)
		if object == nil {
			continue
		}
		name := item.Kind + " " + item.Name
		key := types.NamespacedName{Namespace: s.namespace(), Name: item.Name}
		err := r.Client.Get(ctx, key, object)
		if apierrors.IsNotFound(err) {
			err = r.Live.Get(ctx, key, object)
		}
		if apierrors.IsNotFound(err) {
			return nil, name, nil
		}
		if err != nil {
			return nil, "", fmt.Errorf("read %s: %w", name, err)
		}
		if item.Kind == kindClaim {
			// A claim cannot be changed by hand but is filled in when it is bound: being there is enough.
			continue
		}
		if seen[name], err = apply.FingerprintOf(object); err != nil {
			return nil, "", err
		}
	}
	return seen, "", nil
}
