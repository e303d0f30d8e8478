package observe

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/stores"
)

// scanInterval is how often a follower looks for containers that have started since.
const scanInterval = time.Second

// follower follows the containers of a store.
type follower struct {
	logs    *Logs
	write   func([]byte) error
	readers sync.WaitGroup
	// reading are the containers that are being read, and progress how far each of the others was read.
	reading  map[string]bool
	progress map[string]progress
	ended    chan ended
}

// progress is how far a container's log was read.
type progress struct {
	// restarts is the container's restart count when its log ended.
	restarts int32
	// last is the time of the last line.
	last time.Time
}

// ended tells that a container's log has ended.
type ended struct {
	key string
	progress
}

// follow copies the logs of the containers that run and of those that start later, until the context is done or the store is gone.
func (l *Logs) follow(ctx context.Context, write func([]byte) error) error {
	f := &follower{logs: l, write: write, reading: map[string]bool{}, progress: map[string]progress{}, ended: make(chan ended)}
	defer f.readers.Wait()
	reads, stop := context.WithCancel(ctx)
	defer stop() // Before the readers are waited for.
	scan := time.NewTicker(scanInterval)
	defer scan.Stop()
	pods := l.pods
	// What runs already begins with its newest lines, what starts later with its first.
	tail := new(min(l.options.Tail, MaxTail))
	for ; ; tail = nil {
		for i := range pods {
			for _, source := range sourcesOf(&pods[i]) {
				if f.hasNew(source) {
					f.start(reads, source, tail)
				}
			}
		}
		if err := f.wait(ctx, scan.C); err != nil {
			return err
		}
		found, err := l.find(ctx)
		if err != nil || len(found) == 0 {
			if _, gone := l.observer.finder.Get(ctx, stores.Viewer{All: true}, l.store.Name); problem.IsKind(gone, problem.StoreNotFound) {
				return nil
			}
		}
		if err == nil {
			pods = found
		}
	}
}

// wait waits for the next scan, and notes meanwhile which containers' logs have ended.
func (f *follower) wait(ctx context.Context, scan <-chan time.Time) error {
	for {
		select {
		case end := <-f.ended:
			delete(f.reading, end.key)
			f.progress[end.key] = end.progress
		case <-scan:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// hasNew reports whether the container may have lines that were not read.
func (f *follower) hasNew(source source) bool {
	if f.reading[source.key()] {
		return false
	}
	before, known := f.progress[source.key()]
	status := statusOf(source)
	if status == nil {
		return !known // The kubelet has not reported it yet.
	}
	if status.State.Waiting != nil && status.RestartCount == 0 && status.LastTerminationState.Terminated == nil {
		return false // It has not started.
	}
	return !known || status.State.Running != nil || status.RestartCount > before.restarts
}

// start reads the container in a goroutine of its own.
func (f *follower) start(ctx context.Context, source source, tail *int64) {
	f.reading[source.key()] = true
	from := f.progress[source.key()]
	f.readers.Go(func() { f.read(ctx, source, from, tail) })
}

// statusOf returns what the kubelet reports of the container; nil if it has not reported it.
func statusOf(source source) *corev1.ContainerStatus {
	all := slices.Concat(source.pod.Status.InitContainerStatuses, source.pod.Status.ContainerStatuses)
	if i := slices.IndexFunc(all, func(status corev1.ContainerStatus) bool { return status.Name == source.container }); i >= 0 {
		return &all[i]
	}
	return nil
}

// read copies the lines of a container that were not read before, until its log ends. The kubelet starts at a whole second, so every
// line is read with its time, which tells whether it was read before.
func (f *follower) read(ctx context.Context, source source, from progress, tail *int64) {
	end := ended{key: source.key(), progress: from}
	if status := statusOf(source); status != nil {
		end.restarts = status.RestartCount
	}
	options := &corev1.PodLogOptions{Follow: true, Timestamps: true, TailLines: tail}
	if !from.last.IsZero() {
		options.TailLines, options.SinceTime = nil, new(metav1.NewTime(from.last))
	}
	stream, err := f.logs.open(ctx, source, options)
	if stream != nil && err == nil { // Otherwise the next scan tries again.
		_ = f.logs.eachLine(stream, func(text string) error {
			stamp, line, _ := strings.Cut(text, " ")
			at, err := time.Parse(time.RFC3339Nano, stamp)
			if err != nil {
				line = text // From the kubelet, not from the container.
			} else if !at.After(from.last) {
				return nil
			} else {
				end.last = at
			}
			if f.logs.options.Timestamps {
				line = text
			}
			return f.write([]byte(f.logs.prefix(source) + line + "\n")) // An error ends the context as well.
		})
		_ = stream.Close()
	}
	select {
	case f.ended <- end:
	case <-ctx.Done():
	}
}
