// Package audittest keeps an audit log in memory, for tests that need no database.
package audittest

import (
	"context"
	"sync"

	"shopflow.dev/shopflow/internal/audit"
)

// Memory is an audit log in memory.
type Memory struct {
	mu      sync.Mutex
	entries []audit.Entry
	err     error
}

// Fail makes every later call return the error.
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// Record does what audit.Log does.
func (m *Memory) Record(_ context.Context, entry audit.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	entry.ID = int64(len(m.entries) + 1)
	m.entries = append(m.entries, entry)
	return nil
}

// List does what audit.Log does.
func (m *Memory) List(_ context.Context, filter audit.Filter, before int64, limit int) ([]audit.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if before == 0 {
		before = int64(len(m.entries) + 1)
	}
	var page []audit.Entry
	for id := min(before, int64(len(m.entries)+1)) - 1; id >= 1 && len(page) < limit; id-- {
		if filter.Matches(m.entries[id-1]) {
			page = append(page, m.entries[id-1])
		}
	}
	return page, m.err
}
