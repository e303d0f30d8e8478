package server

import (
	"context"
	"log/slog"
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/observe"
)

// defaultTail is how many old lines of each component a log begins with unless the request says otherwise.
const defaultTail = 200

// StreamStoreLogs answers GET /api/v1/stores/{name}/logs.
func (s *server) StreamStoreLogs(w http.ResponseWriter, r *http.Request, name StoreName, params StreamStoreLogsParams) {
	tail := int64(defaultTail)
	if params.Tail != nil {
		tail = int64(*params.Tail)
	}
	find, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	logs, err := s.observer.Logs(find, viewer(r), name, observe.LogOptions{
		Component: params.Component, Follow: params.Follow, Tail: tail, Previous: params.Previous, Timestamps: params.Timestamps,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if params.Follow {
		s.followLogs(w, r, logs)
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), requestTimeout)
	defer stop()
	started := false
	err = logs.Copy(ctx, func(lines []byte) error {
		if !started { // Until there is a line, the response can still be an error.
			started = true
			w.Header().Set("Content-Type", plainText)
		}
		_, err := w.Write(lines)
		return err
	})
	switch {
	case err != nil && !started:
		s.fail(w, r, err)
	case err != nil:
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "log response aborted", slog.String("requestId", requestID(r.Context())), slog.Any("error", err))
		panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http says that the response is incomplete
	case !started:
		w.Header().Set("Content-Type", plainText)
	}
}

// followLogs streams the logs until the reader leaves or may no longer read them, the server stops, or the store is gone.
func (s *server) followLogs(w http.ResponseWriter, r *http.Request, logs *observe.Logs) {
	done, err := s.streams.begin(auth.FromContext(r.Context()).User.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer done()
	ctx, stop := s.whileAuthorized(r)
	defer stop()
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	w.Header().Set("Content-Type", plainText)
	writer, err := newStreamWriter(w)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if writer.write(nil) != nil { // Tells the reader at once that it is connected, even if nothing is written for long.
		return
	}
	_ = logs.Copy(ctx, writer.write) // However it ends, it is no error.
}
