package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

const (
	// redraw is how often the phases are drawn again on a terminal.
	redraw = 200 * time.Millisecond
	// narrow is the width of a terminal that does not tell its width, in columns.
	narrow = 80
)

// phases shows how a store gets Ready: on a terminal a line per phase, kept up to date in place; elsewhere a line whenever a
// phase ends.
type phases struct {
	out  io.Writer
	live bool
	size func() (width int)

	mu       sync.Mutex
	store    apiclient.Store
	received time.Time
	drawn    int // lines on the terminal that belong to the phases
	said     map[string]bool
}

func newPhases(out io.Writer) *phases {
	p := &phases{out: out, said: map[string]bool{}}
	if file := terminal(out); file != nil && os.Getenv("TERM") != "dumb" {
		p.live = true
		p.size = func() int {
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil || width <= 0 {
				return narrow
			}
			return width
		}
	}
	return p
}

// start shows the store and keeps a terminal up to date until stop is called, which may happen more than once.
func (p *phases) start(store apiclient.Store) (stop func()) {
	p.update(store)
	if !p.live {
		return func() {}
	}
	done := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		ticker := time.NewTicker(redraw)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.draw()
			case <-done:
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		close(done)
		drawing.Wait()
	})
}

// update takes in what is new about the store.
func (p *phases) update(store apiclient.Store) {
	p.mu.Lock()
	p.store, p.received = store, time.Now()
	p.mu.Unlock()
	if p.live {
		p.draw()
		return
	}
	p.say()
}

// say writes the phases that have ended since it was last called.
func (p *phases) say() {
	for _, line := range phaseLines(p.store, 0) {
		text := strings.TrimRight(fmt.Sprintf("%s %s %s%s", line.mark, line.title, line.time, behind(line.note)), " ")
		if line.mark == markDone || line.mark == markFailed {
			if !p.said[text] {
				fmt.Fprintln(p.out, text)
			}
			p.said[text] = true
		}
	}
}

// draw writes all phases over what it drew before.
func (p *phases) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := phaseLines(p.store, since(p.received, time.Now()))
	var text strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA", p.drawn)
	}
	for _, line := range lines {
		fmt.Fprintf(&text, "\r\x1b[K%s\n", cut(fmt.Sprintf("  %s %-18s %7s  %s", line.mark, line.title, line.time, line.note), p.size()))
	}
	p.drawn = len(lines)
	_, _ = io.WriteString(p.out, text.String()) // Progress is shown as well as it can be.
}

// The marks of a phase.
const (
	markDone    = "✓"
	markRunning = "…"
	markPending = "·"
	markFailed  = "✗"
)

// phaseLine is one phase as it is shown.
type phaseLine struct {
	mark, title, time, note string
}

// phaseLines says how far the store has come, later is how many seconds ago that was. The cause stands with the phase that is
// going on.
func phaseLines(store apiclient.Store, later float64) []phaseLine {
	known := map[string]apiclient.Phase{}
	for _, phase := range store.Timeline {
		known[phase.Phase] = phase
	}
	lines := make([]phaseLine, 0, len(v1alpha1.Phases()))
	going := -1
	for i, name := range v1alpha1.Phases() {
		line := phaseLine{mark: markPending, title: phaseTitle(name)}
		phase, begun := known[name]
		switch {
		case begun && phase.EndedAt != nil:
			line.mark, line.time = markDone, seconds(phase.Seconds)
		case begun:
			line.mark, line.time = markRunning, seconds(phase.Seconds+later)
			if going < 0 {
				going = i
			}
		}
		lines = append(lines, line)
	}
	if going >= 0 && store.Cause != nil {
		lines[going].note = printable(store.Cause.Message)
	}
	if going >= 0 && store.State == apiclient.StoreStateFailed {
		lines[going].mark = markFailed
	}
	return lines
}

// cut shortens the text to the width of the terminal, so that a line stays one line. Wide characters count as one here: an
// ugly line is the worst that they can do.
func cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) < width {
		return strings.TrimRight(text, " ")
	}
	return string(runes[:max(0, width-2)]) + "…"
}

func behind(note string) string {
	if note == "" {
		return ""
	}
	return ": " + note
}

// phaseTitle names a phase for people.
func phaseTitle(phase string) string {
	switch phase {
	case v1alpha1.NamespaceReady:
		return "Namespace"
	case v1alpha1.GuardrailsReady:
		return "Guard rails"
	case v1alpha1.CredentialsReady:
		return "Credentials"
	case v1alpha1.Released:
		return "Release"
	case v1alpha1.WorkloadsReady:
		return "Shop and database"
	case v1alpha1.Exposed:
		return "Address"
	case v1alpha1.Selling:
		return "First sale"
	default:
		return phase
	}
}

// seconds shows a duration.
func seconds(value float64) string {
	return fmt.Sprintf("%.1f s", value)
}

// since returns the seconds from start to now.
func since(start, now time.Time) float64 {
	return max(0, now.Sub(start).Seconds())
}
