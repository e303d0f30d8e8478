package server

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// streamWriteTimeout bounds one write to a stream: a reader that takes nothing for so long is cut off.
	streamWriteTimeout = 10 * time.Second
	// defaultReauthorize is how often a stream checks that its reader may still read it.
	defaultReauthorize = 15 * time.Second
	// maxUserStreams bounds the streams of one user, so that one user cannot take those of all: a page of the dashboard has two at most.
	maxUserStreams = 64
)

// streams counts the streams of each user.
type streams struct {
	mu   sync.Mutex
	open map[string]int // by the user's id
}

func newStreams() *streams { return &streams{open: map[string]int{}} }

// begin counts one more stream of the user until done is called. It returns an error if there are too many.
func (s *streams) begin(user string) (done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[user] >= maxUserStreams {
		return nil, tooManyStreams()
	}
	s.open[user]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[user]--; s.open[user] == 0 {
			delete(s.open, user)
		}
	}, nil
}

func tooManyStreams() error {
	return problem.Errorf(problem.TooManyStreams, "Too many open streams. Close one, or retry in a moment.")
}

// streamWriter writes a response that has no end known beforehand.
type streamWriter struct {
	writer     http.ResponseWriter
	connection *http.ResponseController
}

// newStreamWriter lifts the bounds that other responses have.
func newStreamWriter(w http.ResponseWriter) (*streamWriter, error) {
	writer := &streamWriter{writer: w, connection: http.NewResponseController(w)}
	if err := writer.connection.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("lift the read deadline: %w", err) // It would end the stream with the request's own time.
	}
	w.Header().Set("X-Accel-Buffering", "no")
	return writer, nil
}

// write writes a piece and sends it at once.
func (w *streamWriter) write(piece []byte) error {
	if err := w.connection.SetWriteDeadline(time.Now().Add(streamWriteTimeout)); err != nil {
		return fmt.Errorf("bound the write: %w", err)
	}
	if _, err := w.writer.Write(piece); err != nil {
		return fmt.Errorf("write the stream: %w", err)
	}
	if err := w.connection.Flush(); err != nil {
		return fmt.Errorf("flush the stream: %w", err)
	}
	return nil
}

// whileAuthorized returns a context that ends when the server stops, or when the reader may no longer use the route or sees other
// stores than before: a session that ended, a token that was revoked, a user who was disabled or is no longer an administrator must
// not continue to read.
func (s *server) whileAuthorized(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	access := s.routes[r.Pattern].access
	go func() {
		defer cancel()
		ticker := time.NewTicker(s.reauthorize)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
			case <-s.stopping:
				return
			case <-ctx.Done():
				return
			}
			now, err := s.authorize(r, access)
			if problem.IsKind(err, problem.Unauthenticated) || problem.IsKind(err, problem.Forbidden) || (err == nil && viewer(now) != viewer(r)) {
				return
			}
		}
	}()
	return ctx, cancel
}
