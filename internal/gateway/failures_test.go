package gateway

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testingclock "k8s.io/utils/clock/testing"
)

func TestChooseEndpoint(t *testing.T) {
	now := testingclock.NewFakePassiveClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	f := newFailures(now)
	choose := func(endpoints ...string) map[string]int {
		chosen := map[string]int{}
		for range 6 {
			if endpoint, ok := f.choose(endpoints); ok {
				chosen[endpoint]++
			}
		}
		return chosen
	}
	expect := func(when string, got, want map[string]int) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	expect("none", choose(), map[string]int{})
	expect("in turn", choose("a", "b", "c"), map[string]int{"a": 2, "b": 2, "c": 2})
	f.add("a")
	expect("one has failed", choose("a", "b", "c"), map[string]int{"b": 3, "c": 3})
	expect("the only one has failed", choose("a"), map[string]int{"a": 6})
	f.add("b")
	expect("all have failed", choose("a", "b"), map[string]int{"a": 3, "b": 3})
	now.SetTime(now.Now().Add(failureMemory + time.Second))
	expect("long ago", choose("a", "b", "c"), map[string]int{"a": 2, "b": 2, "c": 2})
	f.add("c")
	if len(f.until) != 1 {
		t.Errorf("%d failures are remembered, want 1", len(f.until))
	}
}
