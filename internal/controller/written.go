package controller

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// versions remembers the resource version under which each store's status was last written. A pass that starts from an
// older one would take the status it is about to correct for the one it wants, write nothing, and not be woken again.
type versions struct {
	mu   sync.Mutex
	last map[types.UID]string
}

func newVersions() *versions { return &versions{last: map[types.UID]string{}} }

func (v *versions) put(store types.UID, version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last[store] = version
}

func (v *versions) forget(store types.UID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.last, store)
}

// stale reports whether a store as it was read is older than what was written.
func (v *versions) stale(store *v1alpha1.Store) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	last, ok := v.last[store.UID]
	if !ok {
		return false, nil
	}
	order, err := resourceversion.CompareResourceVersion(store.ResourceVersion, last)
	if err != nil {
		return false, fmt.Errorf("compare resource versions: %w", err)
	}
	return order < 0, nil
}

// current returns the store as it was last written: the one given, or the API server's if the cache is behind.
func (r *Reconciler) current(ctx context.Context, store *v1alpha1.Store) (*v1alpha1.Store, error) {
	stale, err := r.written.stale(store)
	if err != nil || !stale {
		return store, err
	}
	fresh := &v1alpha1.Store{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(store), fresh); err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	return fresh, nil
}
