package feed

import (
	"strconv"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// EventType says what happened to a store.
type EventType string

// The types of events.
const (
	Updated EventType = "store.updated"
	Deleted EventType = "store.deleted"
	// Synced has no store: every store that there was at the beginning has been sent.
	Synced EventType = "synced"
)

// Event is a change of a store. The store is shared between readers and must not be changed.
type Event struct {
	Type  EventType
	Store *v1alpha1.Store
	// ID is what a reader that has seen the event, and all before it, returns with. A store that there was at the beginning has none.
	ID string
	// Full tells, in a Synced event, that every store there is was sent before it, and not only what had changed.
	Full bool
}

// version returns the resource version of a store, or 0.
func version(store *v1alpha1.Store) uint64 {
	number, err := strconv.ParseUint(store.ResourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return number
}
