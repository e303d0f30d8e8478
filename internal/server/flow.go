package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"shopflow.dev/shopflow/internal/auth"
)

const (
	// flowWrite bounds one write to a stream: a reader that takes nothing for so long is cut off.
	flowWrite = 10 * time.Second
	// admitEvery is how often a stream's reader must still be one who may read it.
	admitEvery = 15 * time.Second
)

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

// whileAdmitted returns a context that ends when whoever sent the request may no longer use the route: a session that was
// ended, a token that was revoked or a user who was disabled must not go on reading.
func (s *server) whileAdmitted(r *http.Request, pattern string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	go func() {
		again := time.NewTicker(admitEvery)
		defer again.Stop()
		for {
			select {
			case <-again.C:
			case <-ctx.Done():
				return
			}
			_, err := s.admit(r, pattern)
			if auth.IsKind(err, auth.Unauthenticated) || auth.IsKind(err, auth.Forbidden) {
				cancel()
				return
			}
		}
	}()
	return ctx, cancel
}
