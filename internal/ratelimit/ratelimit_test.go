package ratelimit_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"shopflow.dev/shopflow/internal/ratelimit"
)

// try is one try of an address, so long after the one before, and the wait that it is told.
type try struct {
	after   time.Duration
	address string
	wait    time.Duration
}

func TestTake(t *testing.T) {
	const one, other = "203.0.113.7", "203.0.113.8"
	twice := ratelimit.Rate{Burst: 2, Every: 3 * time.Second}
	for name, test := range map[string]struct {
		rate     ratelimit.Rate
		capacity int
		tries    []try
	}{
		"catches": {twice, 10, []try{{0, one, 0}, {0, one, 0}, {0, one, 3 * time.Second}}},
		"a refused try does not count": {twice, 10, []try{
			{0, one, 0}, {0, one, 0}, {0, one, 3 * time.Second}, {0, one, 3 * time.Second}, {time.Second, one, 2 * time.Second}, {2 * time.Second, one, 0},
		}},
		"frees one at a time": {twice, 10, []try{
			{0, one, 0}, {0, one, 0}, {3 * time.Second, one, 0}, {0, one, 3 * time.Second}, {time.Hour, one, 0}, {0, one, 0}, {0, one, 3 * time.Second},
		}},
		"each address separately":   {twice, 10, []try{{0, one, 0}, {0, one, 0}, {0, other, 0}, {0, one, 3 * time.Second}, {0, other, 0}}},
		"a network of IPv6 is one":  {twice, 10, []try{{0, "2001:db8::1", 0}, {0, "2001:db8::ffff:2", 0}, {0, "2001:db8:0:0:9::", 3 * time.Second}}},
		"two networks of IPv6":      {twice, 10, []try{{0, "2001:db8:0:1::1", 0}, {0, "2001:db8:0:1::2", 0}, {0, "2001:db8:0:2::1", 0}}},
		"IPv4 in the form of IPv6":  {twice, 10, []try{{0, one, 0}, {0, "::ffff:" + one, 0}, {0, "::ffff:" + one, 3 * time.Second}}},
		"what is no address is one": {twice, 10, []try{{0, "", 0}, {0, "", 0}, {0, "", 3 * time.Second}}},
		"the oldest is forgotten": {twice, 1, []try{
			{0, one, 0}, {0, one, 0}, {0, other, 0}, {0, other, 0}, {0, other, 3 * time.Second}, {0, one, 0},
		}},
		"no limit": {ratelimit.Rate{}, 10, []try{{0, one, 0}, {0, one, 0}, {0, one, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakePassiveClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
			limiter := ratelimit.New(test.rate, test.capacity, clock)
			var got, want []time.Duration
			for _, try := range test.tries {
				clock.SetTime(clock.Now().Add(try.after))
				address, _ := netip.ParseAddr(try.address) // What is none stays the zero address.
				got, want = append(got, limiter.Take(address)), append(want, try.wait)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}
