package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/feed"
)

const (
	// defaultHeartbeat is how long a stream is silent before a comment says that it is alive.
	defaultHeartbeat = 15 * time.Second
	// reconnectAfter is after how long a reader that lost the stream should come back.
	reconnectAfter = time.Second
)

// StreamEvents answers GET /api/v1/events.
func (s *server) StreamEvents(w http.ResponseWriter, r *http.Request, params StreamEventsParams) {
	if !s.synced() {
		s.fail(w, r, notSynced())
		return
	}
	done, err := s.streams.begin(auth.FromContext(r.Context()).User.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer done()
	subscription, err := s.feed.Subscribe(viewer(r), params.Store, params.LastEventID)
	if err != nil {
		s.fail(w, r, tooManyStreams())
		return
	}
	defer subscription.Close()
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	ctx, cancel := s.whileAuthorized(r)
	defer cancel()
	// The stream ends when the reader leaves, the server stops or a write fails: none of these is an error.
	_ = s.stream(ctx, w, subscription)
}

// stream writes the subscription's events until it ends.
func (s *server) stream(ctx context.Context, w http.ResponseWriter, subscription *feed.Subscription) error {
	w.Header().Set("Content-Type", "text/event-stream")
	writer, err := newStreamWriter(w)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("retry: %d\n\n", reconnectAfter.Milliseconds())
	for {
		if err := writer.write([]byte(message)); err != nil {
			return err
		}
		if message, err = s.next(ctx, subscription); err != nil {
			return err
		}
	}
}

// next returns the next message of the stream: an event or, after a silence, a heartbeat.
func (s *server) next(ctx context.Context, subscription *feed.Subscription) (string, error) {
	silence, cancel := context.WithTimeout(ctx, s.heartbeat)
	defer cancel()
	event, err := subscription.Next(silence)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return ": alive\n\n", nil
	}
	if err != nil {
		return "", fmt.Errorf("wait for an event: %w", err)
	}
	if event.Type == feed.Synced {
		return fmt.Sprintf("id: %s\nevent: %s\ndata: {\"full\":%t}\n\n", event.ID, event.Type, event.Full), nil
	}
	data, err := json.Marshal(storeResponse(event.Store, s.clock.Now())) // JSON has no line breaks outside of strings, and none in them.
	if err != nil {
		return "", fmt.Errorf("encode store %s: %w", event.Store.Name, err)
	}
	id := ""
	if event.ID != "" {
		id = "id: " + event.ID + "\n"
	}
	return fmt.Sprintf("%sevent: %s\ndata: %s\n\n", id, event.Type, data), nil
}
