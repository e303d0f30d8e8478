package store

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// stale reports whether a store as it was read is older than the status that was last written. A pass that starts from an older one
// could take the old status for the one it wants, write nothing, and not be triggered again.
func (r *Reconciler) stale(store *v1alpha1.Store) (bool, error) {
	last := r.written.get(store.UID)
	if last == "" {
		return false, nil
	}
	order, err := resourceversion.CompareResourceVersion(store.ResourceVersion, last)
	if err != nil {
		return false, fmt.Errorf("compare resource versions: %w", err)
	}
	return order < 0, nil
}

// current returns the store as it was last written: the given one, or the API server's if the cache is stale.
func (r *Reconciler) current(ctx context.Context, store *v1alpha1.Store) (*v1alpha1.Store, error) {
	stale, err := r.stale(store)
	if err != nil || !stale {
		return store, err
	}
	fresh := &v1alpha1.Store{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(store), fresh); err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	return fresh, nil
}
