package gateway

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
)

// failureMemory is how long a pod that failed comes after those that did not.
const failureMemory = 2 * time.Second

// failures remembers which pods have failed of late. It never rules one out: with a single pod, the failure of one request
// must not turn the others away. It is safe for concurrent use.
type failures struct {
	clock clock.PassiveClock
	turn  atomic.Uint64
	count atomic.Int64 // Of endpoints in until, so that choosing takes no lock while all is well.

	mu    sync.Mutex
	until map[string]time.Time
}

func newFailures(clock clock.PassiveClock) *failures {
	return &failures{clock: clock, until: map[string]time.Time{}}
}

// add takes note that a pod has failed.
func (f *failures) add(endpoint string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.clock.Now()
	maps.DeleteFunc(f.until, func(_ string, until time.Time) bool { return until.Before(now) })
	f.until[endpoint] = now.Add(failureMemory)
	f.count.Store(int64(len(f.until)))
}

// choose returns the endpoints in turn, those that have not failed of late if there are any, and false if there are no
// endpoints.
func (f *failures) choose(endpoints []string) (string, bool) {
	switch {
	case len(endpoints) == 0:
		return "", false
	case len(endpoints) == 1:
		return endpoints[0], true
	case f.count.Load() > 0:
		if healthy := f.healthy(endpoints); len(healthy) > 0 {
			endpoints = healthy
		}
	}
	return endpoints[f.turn.Add(1)%uint64(len(endpoints))], true
}

// healthy returns the endpoints that have not failed of late.
func (f *failures) healthy(endpoints []string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.clock.Now()
	healthy := make([]string, 0, len(endpoints))
	for _, endpoint := range endpoints {
		if until, failed := f.until[endpoint]; !failed || until.Before(now) {
			healthy = append(healthy, endpoint)
		}
	}
	return healthy
}
