package server

import "net/http"

// GetStoreMetrics answers GET /api/v1/stores/{name}/metrics.
func (s *server) GetStoreMetrics(w http.ResponseWriter, r *http.Request, name StoreName) {
	usage, err := s.observer.Usage(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	response := StoreMetrics{At: usage.At.UTC(), Components: []ComponentMetrics{}, Volumes: []VolumeMetrics{}, Missing: usage.Missing}
	for _, c := range usage.Components {
		response.Components = append(response.Components, ComponentMetrics{
			Name: c.Name, Pods: c.Pods, Measured: c.Measured, CPUMillicores: c.CPU, CPURequestMillicores: c.CPURequest, CPULimitMillicores: c.CPULimit,
			MemoryBytes: c.Memory, MemoryRequestBytes: c.MemoryRequest, MemoryLimitBytes: c.MemoryLimit,
		})
	}
	for _, volume := range usage.Volumes {
		response.Volumes = append(response.Volumes, VolumeMetrics{Name: volume.Name, CapacityBytes: volume.Capacity})
	}
	if n := usage.Requests; n != nil {
		response.Requests = &RequestMetrics{Total: n.Total, Ok: n.OK, Redirects: n.Redirects, ClientErrors: n.ClientErrors, ServerErrors: n.ServerErrors}
	}
	s.encode(w, r, http.StatusOK, response)
}
