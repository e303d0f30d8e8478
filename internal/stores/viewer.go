package stores

import "shopflow.dev/shopflow/api/v1alpha1"

// Viewer is for whom something is done. For a viewer, stores that it must not see do not exist.
type Viewer struct {
	// Owner is the account whose stores the viewer sees.
	Owner string
	// All lets the viewer see every store.
	All bool
}

// Sees reports whether the store exists for the viewer.
func (v Viewer) Sees(store *v1alpha1.Store) bool {
	return v.All || (v.Owner != "" && store.Spec.Owner == v.Owner)
}
