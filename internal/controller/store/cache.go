package store

import "sync"

// remembered is what passes keep for the next ones, for each store. It is safe for concurrent use. Losing it, as every restart
// does, may cost a needless write but nothing else.
type remembered[K comparable, V any] struct {
	mu     sync.Mutex
	values map[K]V
}

func newRemembered[K comparable, V any]() *remembered[K, V] {
	return &remembered[K, V]{values: map[K]V{}}
}

// get returns the value of a key, the zero value if there is none.
func (r *remembered[K, V]) get(key K) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.values[key]
}

func (r *remembered[K, V]) put(key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[key] = value
}

func (r *remembered[K, V]) forget(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.values, key)
}
