package apply

import "sync"

// entry is an object as it was last applied, and as the API server answered it.
type entry struct{ desired, live Fingerprint }

// cache keeps the entries of objects by group and key. Losing it costs one needless write per object.
type cache struct {
	mu     sync.Mutex
	groups map[string]map[string]entry
}

func newCache() *cache { return &cache{groups: map[string]map[string]entry{}} }

func (c *cache) get(group, key string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.groups[group][key]
	return found, ok
}

func (c *cache) put(group, key string, value entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.groups[group] == nil {
		c.groups[group] = map[string]entry{}
	}
	c.groups[group][key] = value
}

func (c *cache) forget(group string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.groups, group)
}
