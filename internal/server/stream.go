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
	// flowWrite bounds one write to a stream: a reader that takes nothing for so long is cut off.
	flowWrite = 10 * time.Second
	// admitEvery is how often a stream's reader must still be one who may read it, unless Deps say otherwise.
	admitEvery = 15 * time.Second
	// streamsOfUser bounds the streams of one user, so that nobody takes those of everybody: a page of the dashboard has two at most.
	streamsOfUser = 64
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
	if s.open[user] >= streamsOfUser {
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
	return problem.Errorf(problem.TooManyStreams, "Too many streams are open; close one, or try again in a moment")
}

// flow is an answer without an end that is known beforehand.
type flow struct {
	writer     http.ResponseWriter
	connection *http.ResponseController
}

// openFlow lifts the bounds that other answers have.
func openFlow(w http.ResponseWriter) (*flow, error) {
	f := &flow{writer: w, connection: http.NewResponseController(w)}
	if err := f.connection.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("lift the read deadline: %w", err) // It would end the stream with the request's own time.
	}
	w.Header().Set("X-Accel-Buffering", "no")
	return f, nil
}

// write writes a piece and sends it on its way.
func (f *flow) write(piece []byte) error {
	if err := f.connection.SetWriteDeadline(time.Now().Add(flowWrite)); err != nil {
		return fmt.Errorf("bound the write: %w", err)
	}
	if _, err := f.writer.Write(piece); err != nil {
		return fmt.Errorf("write the stream: %w", err)
	}
	if err := f.connection.Flush(); err != nil {
		return fmt.Errorf("flush the stream: %w", err)
	}
	return nil
}

// whileAdmitted returns a context that ends when the server stops, or when whoever sent the request may no longer use the route or
// sees other stores than before: a session that was ended, a token that was revoked, a user who was disabled or is no administrator
// any more must not go on reading.
func (s *server) whileAdmitted(r *http.Request, pattern string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	go func() {
		defer cancel()
		again := time.NewTicker(s.admitEvery)
		defer again.Stop()
		for {
			select {
			case <-again.C:
			case <-s.stopping:
				return
			case <-ctx.Done():
				return
			}
			now, err := s.admit(r, pattern)
			if problem.IsKind(err, problem.Unauthenticated) || problem.IsKind(err, problem.Forbidden) || (err == nil && viewer(now) != viewer(r)) {
				return
			}
		}
	}()
	return ctx, cancel
}
