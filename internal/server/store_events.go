package server

import "net/http"

// ListStoreEvents answers GET /api/v1/stores/{name}/events.
func (s *server) ListStoreEvents(w http.ResponseWriter, r *http.Request, name StoreName) {
	events, err := s.observer.Events(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := StoreEventList{Items: make([]StoreEvent, 0, len(events))}
	for _, event := range events {
		list.Items = append(list.Items, StoreEvent{
			At: event.At.UTC(), Type: StoreEventType(event.Type), Reason: event.Reason, Message: event.Message, Object: event.Object, Count: event.Count,
		})
	}
	s.encode(w, r, http.StatusOK, list)
}
