// Package progress shows people what a long piece of work is doing: a line per step with its seconds.
package progress

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
	"k8s.io/utils/clock"
)

const (
	// quiet is how long a step may take before it is announced.
	quiet = 2 * time.Second
	// still is how often a running step reports itself where lines cannot be redrawn.
	still = 30 * time.Second
	// redraw is how often a running step is redrawn on a terminal.
	redraw = 200 * time.Millisecond
)

// Steps writes one line per step.
type Steps struct {
	out   io.Writer
	clock clock.WithTicker
	live  bool
	mu    sync.Mutex
}

// New returns Steps that write to out, redrawing the running step where out is a terminal.
func New(out io.Writer) *Steps {
	file, isFile := out.(*os.File)
	return &Steps{out: out, clock: clock.RealClock{}, live: isFile && term.IsTerminal(int(file.Fd()))}
}

// Do runs work and writes how it ended. A step that takes longer than two seconds shows that it is running. The note that
// work returns, such as "cached", stands behind the seconds.
func (s *Steps) Do(ctx context.Context, title string, work func(ctx context.Context) (note string, err error)) error {
	start := s.clock.Now()
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { s.watch(title, start, done) })
	note, err := work(ctx)
	close(done)
	watching.Wait()
	mark := "✓"
	if err != nil {
		mark, note = "✗", ""
	}
	s.write("%s %s %s%s\n", mark, title, seconds(s.clock.Since(start)), behind(note))
	if err != nil {
		return fmt.Errorf("%s: %w", lower(title), err)
	}
	return nil
}

// Say writes a line of its own.
func (s *Steps) Say(format string, args ...any) {
	s.write(format+"\n", args...)
}

// watch shows a running step until it is done.
func (s *Steps) watch(title string, start time.Time, done <-chan struct{}) {
	every := still
	if s.live {
		every = redraw
	}
	ticker := s.clock.NewTicker(every)
	defer ticker.Stop()
	announce := s.clock.NewTimer(quiet)
	defer announce.Stop()
	for {
		select {
		case <-done:
			return
		case <-announce.C():
			if !s.live {
				s.write("… %s\n", title)
			}
		case <-ticker.C():
			elapsed := s.clock.Since(start)
			switch {
			case s.live && elapsed >= quiet:
				s.mu.Lock()
				fmt.Fprintf(s.out, "\r\x1b[K… %s %s", title, seconds(elapsed))
				s.mu.Unlock()
			case !s.live:
				s.write("… %s %s\n", title, seconds(elapsed))
			}
		}
	}
}

func (s *Steps) write(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live {
		fmt.Fprint(s.out, "\r\x1b[K")
	}
	fmt.Fprintf(s.out, format, args...)
}

func seconds(d time.Duration) string {
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func behind(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
}

func lower(title string) string {
	if title == "" {
		return title
	}
	return string(title[0]|0x20) + title[1:]
}
