package node

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Report writes what happens, a line each, with the seconds since the beginning.
type Report struct {
	mu    sync.Mutex
	out   io.Writer
	begun time.Time
}

// NewReport returns a report that writes to out and counts from now.
func NewReport(out io.Writer) *Report { return &Report{out: out, begun: time.Now()} }

// Since writes a line with the seconds since the beginning.
func (r *Report) Since(format string, values ...any) {
	r.Say(format+" %.1f s", append(values, time.Since(r.begun).Seconds())...)
}

// Say writes a line. A reader that went away is no error.
func (r *Report) Say(format string, values ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, format+"\n", values...)
}
