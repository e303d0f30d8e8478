package cli

import (
	"io"
	"sync"
	"time"
	"unicode/utf8"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/progress"
)

// phases shows the progress of a store, a line per phase.
type phases struct {
	screen *progress.Screen

	mu       sync.Mutex
	store    apiclient.Store
	received time.Time
}

func newPhases(out io.Writer) *phases { return &phases{screen: progress.NewScreen(out)} }

// start shows the store until stop is called.
func (p *phases) start(store apiclient.Store) (stop func()) {
	p.set(store)
	return p.screen.Watch(p.frame)
}

// update shows a newer version of the store.
func (p *phases) update(store apiclient.Store) {
	p.set(store)
	p.screen.Show(p.frame())
}

func (p *phases) set(store apiclient.Store) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.store, p.received = store, time.Now()
}

func (p *phases) frame() progress.Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	return phaseFrame(p.store, time.Since(p.received))
}

// phaseFrame returns the phases of a store that was received so long ago. The cause stands with the first phase that is running.
func phaseFrame(store apiclient.Store, age time.Duration) progress.Frame {
	started := map[string]apiclient.Phase{}
	for _, phase := range store.Timeline {
		started[phase.Phase] = phase
	}
	var frame progress.Frame
	first := true
	for _, name := range v1alpha1.Phases() {
		line := progress.Line{Title: phaseTitle(name)}
		frame.TitleWidth = max(frame.TitleWidth, utf8.RuneCountInString(line.Title))
		phase, known := started[name]
		took := time.Duration(phase.Seconds * float64(time.Second))
		switch {
		case known && phase.EndedAt != nil:
			line.State, line.Time = progress.Done, progress.Duration(took)
		case known:
			line.State, line.Time = progress.Running, progress.Duration(took+age)
			if first && store.Cause != nil {
				line.Note = printable(store.Cause.Message)
			}
			if first && (store.State == apiclient.StoreStateFailed || store.State == apiclient.StoreStateDataLost) {
				line.State, line.Time = progress.Failed, progress.Duration(took)
			}
			first = false
		}
		if line.State == progress.Done || line.State == progress.Failed {
			frame.Ended = append(frame.Ended, line)
		} else {
			frame.Open = append(frame.Open, line)
		}
	}
	return frame
}

// phaseTitle names a phase for people, as the dashboard does (web/src/store/steps.ts).
func phaseTitle(phase string) string {
	switch phase {
	case v1alpha1.NamespaceReady:
		return "Create namespace"
	case v1alpha1.GuardrailsReady:
		return "Apply guard rails"
	case v1alpha1.CredentialsReady:
		return "Generate credentials"
	case v1alpha1.Released:
		return "Install the software"
	case v1alpha1.WorkloadsReady:
		return "Start the shop"
	case v1alpha1.Exposed:
		return "Publish the address"
	case v1alpha1.Selling:
		return "Prove the sale"
	default:
		return phase
	}
}
