package controller

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// baselines remembers how the objects of each release looked when they were as the release wants them. Losing it costs
// one needless correction for each store.
type baselines struct {
	mu         sync.Mutex
	namespaces map[string]baseline
}

type baseline struct {
	digest   string
	verified time.Time
	// settled is false until the objects were seen once after they were applied.
	settled bool
	seen    fingerprint
}

func newBaselines() *baselines { return &baselines{namespaces: map[string]baseline{}} }

// fresh notes that a release was just applied: the next complete look is how its objects should be.
func (b *baselines) fresh(namespace, digest string, now time.Time) {
	b.put(namespace, baseline{digest: digest, verified: now})
}

func (b *baselines) put(namespace string, value baseline) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.namespaces[namespace] = value
}

func (b *baselines) get(namespace string) baseline {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.namespaces[namespace]
}

func (b *baselines) forget(namespace string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.namespaces, namespace)
}

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
	case "PersistentVolumeClaim":
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
	switch {
	case current && missing == "" && !known.settled:
		known.settled, known.seen = true, seen
		r.drift.put(s.namespace(), known)
		return nil
	case current && missing == "" && known.seen == seen:
		return nil
	}
	if missing != "" || current {
		what := missing
		if what == "" {
			what = "what was changed by hand"
		}
		ctrl.LoggerFrom(ctx).Info("correcting the release", "object", what)
		r.Events.Eventf(s.store, nil, corev1.EventTypeNormal, "Corrected", "Correct", "Restored %s", what)
	}
	r.drift.fresh(s.namespace(), s.digest, r.Clock.Now())
	return r.Helm.Correct(ctx, s.namespace(), s.store.Name)
}

// look hashes the release's objects and names one that is missing. The cache may not know a new object yet, so the API
// server has the last word on what is missing.
func (r *Reconciler) look(ctx context.Context, s *scope) (fingerprint, string, error) {
	hash := sha256.New()
	for _, item := range s.observed.Inventory {
		object := watched(item.Kind)
		if object == nil {
			continue
		}
		key := types.NamespacedName{Namespace: s.namespace(), Name: item.Name}
		err := r.Client.Get(ctx, key, object)
		if apierrors.IsNotFound(err) {
			err = r.Live.Get(ctx, key, object)
		}
		if apierrors.IsNotFound(err) {
			return fingerprint{}, item.Kind + " " + item.Name, nil
		}
		if err != nil {
			return fingerprint{}, "", fmt.Errorf("read %s %s: %w", item.Kind, item.Name, err)
		}
		if item.Kind == "PersistentVolumeClaim" {
			// A claim cannot be changed by hand but is filled in when it is bound: being there is enough.
			continue
		}
		print, err := fingerprintOf(object)
		if err != nil {
			return fingerprint{}, "", err
		}
		fmt.Fprintf(hash, "%s/%s %x\n", item.Kind, item.Name, print)
	}
	return fingerprint(hash.Sum(nil)), "", nil
}
