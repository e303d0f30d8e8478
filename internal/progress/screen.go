package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
	"k8s.io/utils/clock"
)

const (
	// redrawInterval is how often a terminal is drawn again.
	redrawInterval = 200 * time.Millisecond
	// reportInterval is how often the summary is written where lines cannot be redrawn, after the first time.
	reportInterval = 30 * time.Second
	// firstReport is when the summary is written for the first time there.
	firstReport = 5 * time.Second
	// defaultWidth is the width of a terminal that does not tell its width, in columns.
	defaultWidth = 80
)

// State is how far a step has come.
type State int

// The states of a step.
const (
	Pending State = iota
	Running
	Done
	Failed
)

// mark stands before a step.
func (s State) mark() string {
	return [...]string{Pending: "·", Running: "…", Done: "✓", Failed: "✗"}[s]
}

// Line is one step as people see it.
type Line struct {
	State State
	// Count tells which of how many steps it is, such as "6 of 14". It may be empty.
	Count string
	Title string
	// Time is how long the step has taken. It is empty for a step that has not started.
	Time string
	Note string
}

// Frame is what a Screen shows at one moment.
type Frame struct {
	// Ended lines are written once and stay.
	Ended []Line
	// Open lines are redrawn in place on a terminal, and shown nowhere else.
	Open []Line
	// Summary stands below the open lines. Elsewhere it is written every half minute.
	Summary string
	// CountWidth and TitleWidth align the lines, in characters.
	CountWidth, TitleWidth int
}

// Screen shows frames: redrawn in place on a terminal, as a log elsewhere. Its methods may be called by several goroutines.
type Screen struct {
	out   io.Writer
	clock clock.WithTicker
	// width returns the width of the terminal in columns. It is nil where the output is no terminal.
	width func() int

	mu      sync.Mutex
	drawn   int // lines of the terminal that are redrawn
	written map[string]bool
}

// NewScreen returns a Screen on out.
func NewScreen(out io.Writer) *Screen {
	s := &Screen{out: out, clock: clock.RealClock{}, written: map[string]bool{}}
	file, isFile := out.(*os.File)
	if isFile && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		s.width = func() int {
			if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
				return width
			}
			return defaultWidth
		}
	}
	return s
}

// Show writes what the frame has that was not written before. A failed write is not an error: the work matters more.
func (s *Screen) Show(frame Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text strings.Builder
	s.erase(&text)
	for _, line := range frame.Ended {
		if shown := line.text(frame, 0); !s.written[shown] {
			s.written[shown] = true
			text.WriteString(shown + "\n")
		}
	}
	if s.width != nil {
		s.draw(&text, frame)
	}
	_, _ = io.WriteString(s.out, text.String())
}

// Print writes a text of its own above what is redrawn.
func (s *Screen) Print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	s.erase(&all)
	all.WriteString(text)
	_, _ = io.WriteString(s.out, all.String())
}

// Watch shows what frame returns, again and again until stop is called, which may happen more than once.
func (s *Screen) Watch(frame func() Frame) (stop func()) {
	s.Show(frame())
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		first, interval, show := firstReport, reportInterval, s.report
		if s.width != nil {
			first, interval, show = redrawInterval, redrawInterval, s.Show
		}
		timer := s.clock.NewTimer(first)
		defer timer.Stop()
		for {
			select {
			case <-timer.C():
				show(frame())
				timer.Reset(interval)
			case <-done:
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		close(done)
		watching.Wait()
		last := frame()
		last.Open, last.Summary = nil, ""
		s.Show(last)
	})
}

// report writes the summary as a line of a log.
func (s *Screen) report(frame Frame) {
	if frame.Summary != "" {
		s.Print(Running.mark() + " " + frame.Summary + "\n")
	}
}

// erase moves the cursor to the first of the lines that are redrawn, and clears them.
func (s *Screen) erase(text *strings.Builder) {
	if s.drawn > 0 {
		fmt.Fprintf(text, "\x1b[%dA\r\x1b[J", s.drawn)
	}
	s.drawn = 0
}

func (s *Screen) draw(text *strings.Builder, frame Frame) {
	width := s.width()
	for _, line := range frame.Open {
		text.WriteString(line.text(frame, width) + "\n")
	}
	s.drawn = len(frame.Open)
	if frame.Summary != "" {
		text.WriteString(cut("  "+frame.Summary, width) + "\n")
		s.drawn++
	}
}

// text returns the line, cut to the width if there is one.
func (l Line) text(frame Frame, width int) string {
	text := l.State.mark() + " "
	if frame.CountWidth > 0 {
		text += pad(l.Count, -frame.CountWidth) + "  "
	}
	text += pad(l.Title, frame.TitleWidth) + "  " + pad(l.Time, -len("59 min 59 s"))
	if l.Note != "" {
		text += "  " + l.Note
	}
	return cut(text, width)
}

// pad fills the text with blanks to the width: behind it, or before it where the width is negative.
func pad(text string, width int) string {
	return fmt.Sprintf("%*s", -width, text)
}

// cut shortens the text to the width of the terminal, so that a line stays one line. Wide characters count as one here: a
// broken line is the worst that they can do.
func cut(text string, width int) string {
	if runes := []rune(text); width > 0 && len(runes) >= width {
		return string(runes[:max(0, width-2)]) + "…"
	}
	return strings.TrimRight(text, " ")
}

// Duration tells a duration in words: "4.2 s", "3 min 05 s", "1 h 02 min".
func Duration(d time.Duration) string {
	switch rounded := d.Round(time.Second); {
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case rounded < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(rounded.Minutes()), int(rounded.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(rounded.Hours()), int(rounded.Minutes())%60)
	}
}
