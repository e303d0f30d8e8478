// Package progress shows people what a long piece of work is doing: which steps run, how long they take, and what is left.
package progress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Unchanged is the note of a step that found nothing to do. It is counted and not shown.
const Unchanged = "unchanged"

// NoteIf returns the note of a step that found nothing to do, if it did.
func NoteIf(unchanged bool) string {
	if unchanged {
		return Unchanged
	}
	return ""
}

// Step is one that is planned.
type Step struct {
	Title string
	// Cost is the processor time that the step takes. It is data for the estimate of what is left.
	Cost time.Duration
}

// Steps shows the steps of a piece of work, of which several may run at the same time.
type Steps struct {
	screen *Screen

	mu        sync.Mutex
	planned   map[string]time.Duration
	started   time.Time
	running   []*runningStep
	ended     []Line
	count     int // of the steps that have ended, unchanged ones included
	unchanged int
	total     time.Duration // cost of all steps that are not unchanged
	done      time.Duration // cost of those of them that have ended

	watch sync.Once
	stop  func()
}

type runningStep struct {
	title   string
	started time.Time
}

// New returns Steps that are shown on out.
func New(out io.Writer) *Steps {
	return &Steps{screen: NewScreen(out), planned: map[string]time.Duration{}}
}

// Plan says which steps will come, so that each is shown as one of so many and what is left can be estimated.
func (s *Steps) Plan(steps ...Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, step := range steps {
		s.planned[step.Title] = step.Cost
		s.total += step.Cost
	}
}

// Do runs work and shows how it ends. The note that work returns stands behind the time; Unchanged keeps the step from being
// shown. A step that only ends because the context was canceled is not shown either: another one says why.
func (s *Steps) Do(ctx context.Context, title string, work func(ctx context.Context) (note string, err error)) error {
	step := s.begin(title)
	note, err := work(ctx)
	s.end(step, note, err)
	if err != nil {
		return fmt.Errorf("%s: %w", lower(title), err)
	}
	return nil
}

// Skip counts a planned step that turned out not to be needed.
func (s *Steps) Skip(title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.unchanged++
	s.total -= s.planned[title]
}

// Say writes a line of its own.
func (s *Steps) Say(format string, args ...any) {
	s.screen.Print(fmt.Sprintf(format+"\n", args...))
}

// Close ends the display, and says how many of the planned steps were unchanged. No step may run any more.
func (s *Steps) Close() {
	s.watch.Do(func() {})
	if s.stop != nil {
		s.stop()
	}
	s.mu.Lock()
	unchanged, planned := s.unchanged, len(s.planned)
	s.mu.Unlock()
	if unchanged > 0 {
		s.Say("%s %d of %d steps unchanged", Done.mark(), unchanged, planned)
	}
}

func (s *Steps) begin(title string) *runningStep {
	step := &runningStep{title: title, started: s.screen.clock.Now()}
	s.mu.Lock()
	if s.started.IsZero() {
		s.started = step.started
	}
	s.running = append(s.running, step)
	s.mu.Unlock()
	s.watch.Do(func() { s.stop = s.screen.Watch(s.frame) })
	return step
}

func (s *Steps) end(step *runningStep, note string, err error) {
	s.mu.Lock()
	s.running = slices.DeleteFunc(s.running, func(other *runningStep) bool { return other == step })
	cost := s.planned[step.title]
	switch {
	case errors.Is(err, context.Canceled):
	case err == nil && note == Unchanged:
		s.count++
		s.unchanged++
		s.total -= cost
	default:
		s.count++
		s.done += cost
		s.ended = append(s.ended, s.endedLine(step, note, err))
	}
	s.mu.Unlock()
	s.screen.Show(s.frame())
}

// endedLine shows a step that has ended.
func (s *Steps) endedLine(step *runningStep, note string, err error) Line {
	line := Line{State: Done, Title: step.title, Time: Duration(s.screen.clock.Since(step.started)), Note: note}
	if err != nil {
		line.State, line.Note = Failed, ""
	}
	if _, planned := s.planned[step.title]; planned {
		line.Count = fmt.Sprintf("%d of %d", s.count, len(s.planned))
	}
	return line
}

// frame shows what has ended, what runs, and what is left.
func (s *Steps) frame() Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	frame := Frame{Ended: slices.Clone(s.ended)}
	for title := range s.planned {
		frame.TitleWidth = max(frame.TitleWidth, utf8.RuneCountInString(title))
		frame.CountWidth = len(fmt.Sprintf("%[1]d of %[1]d", len(s.planned)))
	}
	work := workload{total: s.total, done: s.done, processors: runtime.GOMAXPROCS(0)}
	var running []string
	for _, step := range s.running {
		elapsed := s.screen.clock.Since(step.started)
		frame.Open = append(frame.Open, Line{State: Running, Title: step.title, Time: Duration(elapsed)})
		work.running = append(work.running, runningCost{s.planned[step.title], elapsed})
		running = append(running, fmt.Sprintf("%s (%s)", lower(step.title), Duration(elapsed)))
	}
	if len(s.running) == 0 {
		return frame
	}
	work.elapsed = s.screen.clock.Since(s.started)
	frame.Summary = s.summary(leftText(work.left()), running)
	return frame
}

// summary says in one line how far the work has come. A terminal shows the running steps above it; a log does not.
func (s *Steps) summary(left string, running []string) string {
	var parts []string
	if len(s.planned) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d steps done", s.count, len(s.planned)))
		if left != "" {
			parts = append(parts, left)
		}
	}
	if s.screen.width == nil {
		return strings.Join(append(parts, strings.Join(running, ", ")), "; ")
	}
	return strings.Join(parts, ", ")
}

// lower makes the first letter of a title a small one, for the middle of a sentence.
func lower(title string) string {
	first, size := utf8.DecodeRuneInString(title)
	return string(unicode.ToLower(first)) + title[size:]
}
