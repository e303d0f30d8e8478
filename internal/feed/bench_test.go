package feed

import (
	"fmt"
	"testing"

	"shopflow.dev/shopflow/internal/stores"
)

// BenchmarkSubscribe measures the time per store of a subscription, which sorts them under the lock: it grows like a logarithm, not like
// the number of stores.
func BenchmarkSubscribe(b *testing.B) {
	for _, count := range []int{1000, 4000, 16000} {
		watcher := watcherOf(count)
		lastID := watcher.id(watcher.last - maxHistory)
		for name, resume := range map[string]string{"Snapshot": "", "Resume": lastID} {
			b.Run(fmt.Sprintf("%s/%d", name, count), func(b *testing.B) {
				events := 0
				for b.Loop() {
					subscription, err := watcher.Subscribe(stores.Viewer{All: true}, "", resume)
					if err != nil {
						b.Fatal(err)
					}
					events = subscription.queue.Len()
					subscription.Close()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
			})
		}
	}
}

// BenchmarkPublish shows that a change costs the same whatever the slow readers have in their queues.
func BenchmarkPublish(b *testing.B) {
	for _, count := range []int{1000, 4000, 16000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			watcher := watcherOf(count)
			for range 16 {
				if _, err := watcher.Subscribe(stores.Viewer{All: true}, "", ""); err != nil {
					b.Fatal(err)
				}
			}
			for i := 0; b.Loop(); i++ {
				number := i % count
				watcher.OnUpdate(nil, versioned(fmt.Sprintf("s%d", number), fmt.Sprint(number), fmt.Sprint(count+i)))
			}
		})
	}
}

// watcherOf returns a watcher that has seen two versions of each of so many stores.
func watcherOf(count int) *Watcher {
	watcher := NewWatcher()
	for i := range 2 * count {
		number := i % count
		watcher.OnAdd(versioned(fmt.Sprintf("s%d", number), fmt.Sprint(number), fmt.Sprint(i)), true)
	}
	return watcher
}
