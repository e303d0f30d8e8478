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

// lookAgain is after how long a follower looks for containers that were started meanwhile.
const lookAgain = time.Second

// follower follows containers of a store.
type follower struct {
	logs  *Logs
	write func([]byte) error
	// reading are the containers that are being read, and seen how far the others were.
	reading map[string]bool
	seen    map[string]seen
	ends    chan ended
}

// seen is how far a container's log was read.
type seen struct {
	// runs is how often the container had been started when it ended for the last time.
	runs int32
	// last is the time of the last line.
	last time.Time
}

type ended struct {
	key string
	seen
}

// follow copies every container there is and every one that comes, until the context or the store ends.
func (l *Logs) follow(ctx context.Context, write func([]byte) error) error {
	reads, stop := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop() // Before they are waited for.
	f := &follower{logs: l, write: write, reading: map[string]bool{}, seen: map[string]seen{}, ends: make(chan ended)}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	pods := l.pods
	// Of what is there already the newest lines are wanted, of what starts later all of them.
	tail := new(min(l.options.Tail, MaxTail))
	for ; ; tail = nil {
		for i := range pods {
			for _, source := range sourcesOf(&pods[i]) {
				if f.wants(source) {
					f.reading[source.key()] = true
					from := f.seen[source.key()]
					readers.Go(func() { f.read(reads, source, from, tail) })
				}
			}
		}
		if err := f.wait(ctx, again.C); err != nil {
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

// wait waits until it is time to look again, and notes meanwhile which containers' logs have ended.
func (f *follower) wait(ctx context.Context, again <-chan time.Time) error {
	for {
		select {
		case end := <-f.ends:
			delete(f.reading, end.key)
			f.seen[end.key] = end.seen
		case <-again:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// wants reports whether there is something to read of the container that was not read yet.
func (f *follower) wants(source source) bool {
	if f.reading[source.key()] {
		return false
	}
	before, known := f.seen[source.key()]
	status := statusOf(source)
	if status == nil {
		return !known // The kubelet has not said anything yet.
	}
	if status.State.Waiting != nil && status.RestartCount == 0 && status.LastTerminationState.Terminated == nil {
		return false // It has not been started.
	}
	return !known || status.State.Running != nil || status.RestartCount > before.runs
}

// statusOf returns what the kubelet says of the container; nil if it has not said anything.
func statusOf(source source) *corev1.ContainerStatus {
	all := slices.Concat(source.pod.Status.InitContainerStatuses, source.pod.Status.ContainerStatuses)
	if i := slices.IndexFunc(all, func(status corev1.ContainerStatus) bool { return status.Name == source.container }); i >= 0 {
		return &all[i]
	}
	return nil
}

// read copies the lines of a container that come after those that were read before, until there are no more. The kubelet begins
// again at a whole second, so each line brings its time, by which those that were read are known.
func (f *follower) read(ctx context.Context, source source, from seen, tail *int64) {
	end := ended{key: source.key(), seen: from}
	if status := statusOf(source); status != nil {
		end.runs = status.RestartCount
	}
	options := &corev1.PodLogOptions{Follow: true, Timestamps: true, TailLines: tail}
	if !from.last.IsZero() {
		options.TailLines, options.SinceTime = nil, new(metav1.NewTime(from.last))
	}
	stream, err := f.logs.open(ctx, source, options)
	if stream != nil && err == nil { // Else it is looked for again.
		_ = f.logs.eachLine(stream, func(text string) error {
			stamp, line, _ := strings.Cut(text, " ")
			at, err := time.Parse(time.RFC3339Nano, stamp)
			if err != nil {
				line = text // Not a line of the container's, but of the kubelet's.
			} else if !at.After(from.last) {
				return nil
			} else {
				end.last = at
			}
			if f.logs.options.Timestamps {
				line = text
			}
			return f.write([]byte(f.logs.prefix(source) + line + "\n")) // An error ends the context, too.
		})
		_ = stream.Close()
	}
	select {
	case f.ends <- end:
	case <-ctx.Done():
	}
}
