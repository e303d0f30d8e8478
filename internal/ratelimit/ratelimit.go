// Package ratelimit limits how often each client address may do something that is expensive and needs no credentials. It counts in
// memory: each server of a platform counts for itself, and from zero after a restart.
package ratelimit

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"
)

const (
	// MaxClients is how many addresses a limiter tracks at most, which takes about 4 MB. The least recently seen is evicted first: a
	// client with more addresses than this cannot be limited by address.
	MaxClients = 20_000
	// networkBits is how much of an IPv6 address counts: one customer has at least a /64.
	networkBits = 64
)

// Rate is how often something may be done.
type Rate struct {
	// Burst is how often it may be done at once; 0 means no limit.
	Burst int
	// Every is the time after which one more is allowed.
	Every time.Duration
}

// Limiter limits clients by their addresses.
type Limiter struct {
	rate     Rate
	capacity int
	clock    clock.PassiveClock

	mu      sync.Mutex
	clients map[netip.Addr]*list.Element
	order   *list.List // of *client, the most recently seen first
}

// client is one address, or one network of IPv6.
type client struct {
	address netip.Addr
	bucket  *rate.Limiter
}

// New returns a limiter that tracks at most capacity addresses.
func New(limit Rate, capacity int, clock clock.PassiveClock) *Limiter {
	return &Limiter{rate: limit, capacity: max(capacity, 1), clock: clock, clients: map[netip.Addr]*list.Element{}, order: list.New()}
}

// Take takes one request of the address. It returns 0 if the request is allowed, and otherwise how long to wait; a refused request does
// not count, so that waiting always helps.
func (l *Limiter) Take(address netip.Addr) time.Duration {
	if l.rate.Burst <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	reservation := l.bucket(Network(address)).ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// bucket returns the address' token bucket. The caller holds the lock.
func (l *Limiter) bucket(address netip.Addr) *rate.Limiter {
	if element, known := l.clients[address]; known {
		l.order.MoveToFront(element)
		return element.Value.(*client).bucket
	}
	if l.order.Len() >= l.capacity {
		oldest := l.order.Back()
		delete(l.clients, l.order.Remove(oldest).(*client).address)
	}
	added := &client{address: address, bucket: rate.NewLimiter(rate.Every(l.rate.Every), l.rate.Burst)}
	l.clients[address] = l.order.PushFront(added)
	return added.bucket
}

// Network returns what counts as one client: an IPv4 address in any form, or the /64 of an IPv6 address. All invalid addresses are one
// client.
func Network(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if !address.Is6() {
		return address
	}
	prefix, err := address.Prefix(networkBits)
	if err != nil {
		return netip.Addr{}
	}
	return prefix.Addr()
}
