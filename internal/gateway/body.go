package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// maxBody bounds what a client may send with one request, in bytes. Shops take pictures and imports.
	maxBody = 64 << 20

	// bodyStall is how long a client may send nothing of a body.
	bodyStall = 30 * time.Second
	// A client that sends less than minBodyRate, in bytes per second, once bodyGrace is over, holds a connection to keep
	// others out. The slowest mobile networks are faster.
	bodyGrace   = time.Minute
	minBodyRate = 1 << 10
	// unreadGrace is how long the rest of a body that was answered early may take to arrive. It lets the client read the
	// answer before its connection is closed.
	unreadGrace = 2 * time.Second
)

// requestBody is the body of a request. It bounds the body's size and how long the client may take, and remembers what
// became of it: a body that the client broke is the client's error, whatever the proxy makes of it.
type requestBody struct {
	io.ReadCloser
	setDeadline func(time.Time) error
	clock       clock.PassiveClock
	started     time.Time
	length      int64 // -1 if the client has not said.
	stall       time.Duration

	mu       sync.Mutex
	received int64
	complete bool
	released bool
	failure  error
}

// newRequestBody returns the body of a request. setDeadline sets when reading from the client fails.
func newRequestBody(r *http.Request, setDeadline func(time.Time) error, clock clock.PassiveClock, stall time.Duration) *requestBody {
	return &requestBody{
		ReadCloser: r.Body, setDeadline: setDeadline, clock: clock, started: clock.Now(), stall: stall,
		length: r.ContentLength, complete: r.ContentLength == 0,
	}
}

// Read implements io.Reader. The proxy may still call it while and after the request is answered.
func (b *requestBody) Read(p []byte) (int, error) {
	if err := b.begin(); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	return b.end(n, err)
}

// begin sets the deadline of a read.
func (b *requestBody) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.released {
		return http.ErrBodyReadAfterClose
	}
	if b.complete {
		return nil
	}
	return b.setDeadline(bodyDeadline(b.started, b.clock.Now(), b.received, b.stall))
}

// end takes note of what a read has brought.
func (b *requestBody) end(n int, err error) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.received += int64(n)
	switch {
	case b.received > maxBody:
		n, err = 0, &http.MaxBytesError{Limit: maxBody}
		b.failure = err
	case errors.Is(err, io.EOF) || err == nil && b.received == b.length:
		b.complete = true
		if !b.released {
			_ = b.setDeadline(time.Time{}) // The pod may take its time to answer.
		}
	case err != nil && b.failure == nil && !b.released:
		b.failure = err
	}
	return n, err
}

// release ends the use of the body, which must not be read afterwards.
func (b *requestBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released = true
	if !b.complete {
		_ = b.setDeadline(b.clock.Now().Add(unreadGrace))
	}
}

// isComplete reports whether all of the body was read.
func (b *requestBody) isComplete() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.complete
}

// failureStatus returns the status to answer the client's mistake in the body with, 0 if it made none.
func (b *requestBody) failureStatus() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	var tooLarge *http.MaxBytesError
	switch {
	case b.failure == nil:
		return 0
	case errors.As(b.failure, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(b.failure, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	default:
		return http.StatusBadRequest
	}
}

// bodyDeadline returns when the next part of a body must have come.
func bodyDeadline(started, now time.Time, received int64, stall time.Duration) time.Time {
	next := now.Add(stall)
	last := started.Add(bodyGrace + time.Duration(received/minBodyRate)*time.Second)
	if last.Before(next) {
		return last
	}
	return next
}
