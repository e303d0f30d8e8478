package node

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/localkube/internal/process"
)

const (
	logLimit = 8 << 20
	// pollEvery is how often a starting component is asked whether it is ready.
	pollEvery = 25 * time.Millisecond
	// mostStartRestarts is how often a component may end while the node starts, before the start is given up.
	mostStartRestarts = 4
)

// supervisor keeps the components of one instance running.
type supervisor struct {
	layout layout
	report *Report
	record *record
	// thread starts the components: in the node's own namespaces, where it has some.
	thread *process.Thread

	mu   sync.Mutex
	kept map[string]*keptProcess
}

type keptProcess struct {
	stop context.CancelFunc
	done chan struct{}
}

// start begins to keep a component. It outlives the context: components end in an order of their own.
func (s *supervisor) start(ctx context.Context, c component) error {
	log, err := process.OpenLog(s.layout.logFile(c.name), logLimit)
	if err != nil {
		return err
	}
	path := c.path
	if path == "" {
		path = s.layout.program("localkube")
	}
	keeper := &process.Keeper{
		Name: c.name, Path: path, Args: c.args(), Log: log, Grace: c.grace,
		Env:     append([]string{"PATH=" + s.layout.programs + ":" + searchPath, "HOME=/"}, c.env...),
		Starter: s.thread,
		Backoff: process.Backoff{First: 100 * time.Millisecond, Most: 10 * time.Second, Steady: 30 * time.Second},
		Clock:   clock.RealClock{},
		Changed: s.changed,
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	kept := &keptProcess{stop: stop, done: make(chan struct{})}
	s.mu.Lock()
	s.kept[c.name] = kept
	s.mu.Unlock()
	go func() {
		defer close(kept.done)
		defer log.Close()
		keeper.Run(ctx)
	}()
	return nil
}

// searchPath is where mount, nft and their like are.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (s *supervisor) changed(name string, now process.State) {
	s.record.change(func(state *state) { state.Components[name] = now })
	if !now.Running && now.LastExit != "" {
		s.report.Since("%s ended (%s)", name, now.LastExit)
	}
}

// stop ends the named components, all at once, and returns when they have ended.
func (s *supervisor) stop(names ...string) {
	var waiting []*keptProcess
	s.mu.Lock()
	for _, name := range names {
		if kept := s.kept[name]; kept != nil {
			kept.stop()
			waiting = append(waiting, kept)
			delete(s.kept, name)
		}
	}
	s.mu.Unlock()
	for _, kept := range waiting {
		<-kept.done
	}
}

// await waits until the component says that it is ready.
func (s *supervisor) await(ctx context.Context, name string, ask func(ctx context.Context) error) error {
	err := until(ctx, pollEvery, func(ctx context.Context) error {
		if now := s.record.component(name); now.Restarts >= mostStartRestarts {
			return stopWaiting(fmt.Errorf("it does not stay up (%s)", now.LastExit))
		}
		return ask(ctx)
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w%s", name, err, s.lastWords(name))
	}
	s.report.Since("%s ready", name)
	return nil
}

// lastWords are the end of a component's log, for the message about its failure.
func (s *supervisor) lastWords(name string) string {
	path := s.layout.logFile(name)
	lines := process.Tail(path, 4)
	if len(lines) == 0 {
		return ""
	}
	return "\n" + strings.Join(lines, "\n") + "\nthe whole log: " + path
}

// prepareFolders creates the folders that the components expect.
func prepareFolders(l layout) error {
	for _, dir := range []string{"pki", "config/cni", "log", "etcd", "volumes"} {
		if err := os.MkdirAll(l.node(dir), 0o700); err != nil {
			return fmt.Errorf("create data folder: %w", err)
		}
	}
	return nil
}
