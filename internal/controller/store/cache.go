package store

import "sync"

// cache keeps what one pass found out for the next ones. It is safe for concurrent use. Losing it, as every restart does, may cost a
// needless write but nothing else.
type cache[K comparable, V any] struct {
	mu     sync.Mutex
	values map[K]V
}

func newCache[K comparable, V any]() *cache[K, V] {
	return &cache[K, V]{values: map[K]V{}}
}

// get returns the value of a key, the zero value if there is none.
func (c *cache[K, V]) get(key K) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values[key]
}

func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[key] = value
}

func (c *cache[K, V]) forget(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, key)
}
