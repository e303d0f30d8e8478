package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"shopflow.dev/shopflow/internal/stores"
)

const (
	// heartbeat is how long a stream is silent before a comment says that it is alive, unless Deps say otherwise.
	heartbeat = 15 * time.Second
	// streamWrite bounds one write to a stream: a reader that takes nothing for so long is cut off.
	streamWrite = 10 * time.Second
	// retry is after how long a reader that lost the stream should come back.
	retry = time.Second
)

// StreamEvents answers GET /api/v1/events.
func (s *server) StreamEvents(w http.ResponseWriter, r *http.Request, params StreamEventsParams) {
	if !s.synced() {
		s.fail(w, r, notSynced())
		return
	}
	// An id that is no number was not made here, and begins the stream anew.
	version, _ := strconv.ParseUint(params.LastEventID, 10, 64)
	subscription, err := s.events.Subscribe(viewer(r), params.Store, version)
	if err != nil {
		s.fail(w, r, &problem{status: http.StatusServiceUnavailable, code: ProblemCodeTooManyStreams, detail: "No more readers can follow the stores here just now; try again in a moment"})
		return
	}
	defer subscription.Close()
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	// The stream ends when the reader leaves, the server stops or a write fails: none of it is an error for anybody.
	_ = s.stream(r.Context(), w, subscription)
}

// stream writes the subscription's events until it ends.
func (s *server) stream(ctx context.Context, w http.ResponseWriter, subscription *stores.Subscription) error {
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lift the read deadline: %w", err) // It would end the stream with the request's own time.
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	message := fmt.Sprintf("retry: %d\n\n", retry.Milliseconds())
	for {
		if err := connection.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
			return fmt.Errorf("bound the write: %w", err)
		}
		if _, err := fmt.Fprint(w, message); err != nil {
			return fmt.Errorf("write the stream: %w", err)
		}
		if err := connection.Flush(); err != nil {
			return fmt.Errorf("flush the stream: %w", err)
		}
		next, err := s.next(ctx, subscription)
		if err != nil {
			return err
		}
		message = next
	}
}

// next returns the next message of the stream: an event or, after a silence, a heartbeat.
func (s *server) next(ctx context.Context, subscription *stores.Subscription) (string, error) {
	silence, cancel := context.WithTimeout(ctx, s.silence)
	defer cancel()
	event, err := subscription.Next(silence)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return ": alive\n\n", nil
	}
	if err != nil {
		return "", fmt.Errorf("wait for an event: %w", err)
	}
	if event.Type == stores.Synced {
		return fmt.Sprintf("event: %s\ndata: {}\n\n", event.Type), nil
	}
	data, err := json.Marshal(present(event.Store, s.clock.Now())) // JSON has no line breaks outside of strings, and none in them.
	if err != nil {
		return "", fmt.Errorf("encode store %s: %w", event.Store.Name, err)
	}
	return fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", event.Store.ResourceVersion, event.Type, data), nil
}
