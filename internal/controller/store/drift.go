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

// baseline is what the objects of a release look like when nothing has changed them. A namespace without one costs one needless
// correction.
type baseline struct {
	digest   string
	verified time.Time
	// objects is nil until the objects of a new revision were seen for the first time.
	objects map[string]apply.Fingerprint
}

const kindClaim = "PersistentVolumeClaim"

// watched returns an empty object of a kind that triggers passes, nil for other kinds. Those are corrected by the check every
// driftInterval.
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

// correctDrift applies the release again when one of its objects is missing or was changed by another client.
func (r *Reconciler) correctDrift(ctx context.Context, s *scope) error {
	live, drifted, err := r.liveObjects(ctx, s)
	if err != nil {
		return err
	}
	known := r.baselines.get(s.namespace())
	current := known.digest == s.digest && r.Clock.Since(known.verified) < driftInterval
	if current && drifted == "" {
		if known.objects == nil {
			known.objects = live
			r.baselines.put(s.namespace(), known)
		}
		drifted = firstChanged(known.objects, live)
		if drifted == "" {
			return nil
		}
	}
	if drifted != "" {
		ctrl.LoggerFrom(ctx).Info("correcting the release", "object", drifted)
		r.Events.Eventf(s.store, nil, corev1.EventTypeNormal, "Corrected", "Correct", "Restored %s", drifted)
	}
	objects, err := r.Helm.Correct(ctx, s.namespace(), s.store.Name)
	if err != nil {
		return err
	}
	corrected := baseline{digest: s.digest, verified: r.Clock.Now(), objects: map[string]apply.Fingerprint{}}
	for _, object := range objects {
		if err := corrected.add(object); err != nil {
			return err
		}
	}
	r.baselines.put(s.namespace(), corrected)
	return nil
}

// expectRevision records that a revision is about to be created: the first complete look at its objects becomes the baseline.
func (r *Reconciler) expectRevision(s *scope) {
	r.baselines.put(s.namespace(), baseline{digest: s.digest, verified: r.Clock.Now()})
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
	fingerprint, err := apply.FingerprintOf(typed)
	b.objects[object.GetKind()+" "+object.GetName()] = fingerprint
	return err
}

// firstChanged names the first object, in order, that differs from what is expected.
func firstChanged(expected, live map[string]apply.Fingerprint) string {
	for _, name := range slices.Sorted(maps.Keys(live)) {
		if expected[name] != live[name] {
			return name
		}
	}
	return ""
}

// liveObjects returns the fingerprints of the release's objects, or names one that is missing. The cache may not contain a new object
// yet, so the API server decides what is missing.
func (r *Reconciler) liveObjects(ctx context.Context, s *scope) (objects map[string]apply.Fingerprint, missing string, err error) {
	objects = map[string]apply.Fingerprint{}
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
			// A claim cannot be changed by hand but is filled in when it is bound: it only has to exist.
			continue
		}
		if objects[name], err = apply.FingerprintOf(object); err != nil {
			return nil, "", err
		}
	}
	return objects, "", nil
}
