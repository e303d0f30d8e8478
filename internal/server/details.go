package server

import (
	"context"
	"net/http"

	"shopflow.dev/shopflow/internal/stores"
)

// defaultTail is how many old lines of each part a log begins with unless the request says otherwise.
const defaultTail = 200

// StreamStoreLogs answers GET /api/v1/stores/{name}/logs.
func (s *server) StreamStoreLogs(w http.ResponseWriter, r *http.Request, name StoreName, params StreamStoreLogsParams) {
	tail := int64(defaultTail)
	if params.Tail != nil {
		tail = int64(*params.Tail)
	}
	if tail < 0 || tail > stores.MaxTail {
		s.fail(w, r, &problem{status: http.StatusBadRequest, code: ProblemCodeMalformedBody, detail: "tail is 0 to 5000"})
		return
	}
	find, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	logs, err := s.stores.Logs(find, viewer(r), name, stores.LogOptions{
		Component: params.Component, Follow: params.Follow, Tail: tail, Previous: params.Previous, Timestamps: params.Timestamps,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, stop := s.whileAdmitted(r, logsPattern)
	defer stop()
	if !params.Follow {
		ctx, stop = context.WithTimeout(ctx, requestTimeout)
		defer stop()
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	flow, err := openFlow(w)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if flow.write(nil) != nil { // Tells the reader at once that it is connected, even if nothing is written for long.
		return
	}
	// It ends when the reader leaves, the server stops or the store is gone: none of it is an error for anybody.
	_ = logs.Copy(ctx, flow.write)
}

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

// GetStoreMetrics answers GET /api/v1/stores/{name}/metrics.
func (s *server) GetStoreMetrics(w http.ResponseWriter, r *http.Request, name StoreName) {
	usage, err := s.stores.Usage(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	shown := StoreMetrics{At: usage.At.UTC(), Components: []ComponentMetrics{}, Volumes: []VolumeMetrics{}, Missing: usage.Missing}
	for _, c := range usage.Components {
		shown.Components = append(shown.Components, ComponentMetrics{
			Name: c.Name, Pods: c.Pods, Measured: c.Measured, CPUMillicores: c.CPU, CPURequestMillicores: c.CPURequest, CPULimitMillicores: c.CPULimit,
			MemoryBytes: c.Memory, MemoryRequestBytes: c.MemoryRequest, MemoryLimitBytes: c.MemoryLimit,
		})
	}
	for _, volume := range usage.Volumes {
		shown.Volumes = append(shown.Volumes, VolumeMetrics{Name: volume.Name, CapacityBytes: volume.Capacity})
	}
	if n := usage.Requests; n != nil {
		shown.Requests = &RequestMetrics{Total: n.Total, Ok: n.OK, Redirects: n.Redirects, ClientErrors: n.ClientErrors, ServerErrors: n.ServerErrors}
	}
	s.encode(w, r, http.StatusOK, shown)
}
