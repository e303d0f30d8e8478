package server

import "net/http"

// ListStoreEvents answers GET /api/v1/stores/{name}/events.
func (s *server) ListStoreEvents(w http.ResponseWriter, r *http.Request, name StoreName) {
	reports, err := s.stores.Reports(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := StoreEventList{Items: make([]StoreEvent, 0, len(reports))}
	for _, report := range reports {
		list.Items = append(list.Items, StoreEvent{
			At: report.At.UTC(), Type: StoreEventType(report.Type), Reason: report.Reason, Message: report.Message, Object: report.Object, Count: report.Count,
		})
	}
	s.encode(w, r, http.StatusOK, list)
}
