package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shopflow.dev/shopflow/api"
)

// GetHealth answers GET /healthz.
func (s *server) GetHealth(w http.ResponseWriter, _ *http.Request) {
	writeText(w, plainText, []byte("ok\n"))
}

// GetReadiness answers GET /readyz.
func (s *server) GetReadiness(w http.ResponseWriter, r *http.Request) {
	if !s.synced() {
		s.fail(w, r, notSynced())
		return
	}
	writeText(w, plainText, []byte("ok\n"))
}

// GetMetrics answers GET /metrics.
func (s *server) GetMetrics(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// GetOpenAPI answers GET /openapi.yaml.
func (s *server) GetOpenAPI(w http.ResponseWriter, _ *http.Request) {
	writeText(w, "application/yaml", api.OpenAPI())
}

// ListEngines answers GET /api/v1/engines.
func (s *server) ListEngines(w http.ResponseWriter, r *http.Request) {
	list := EngineList{Items: []Engine{}}
	for _, engine := range s.stores.Engines(viewer(r)) {
		list.Items = append(list.Items, Engine{
			Name: string(engine.Name), Title: engine.Title, Version: engine.Version, Available: engine.Available, Reason: engine.Reason,
		})
	}
	s.encode(w, r, http.StatusOK, list)
}

func notSynced() error {
	return &problem{status: http.StatusServiceUnavailable, code: ProblemCodeNotReady, detail: "The server has not read the stores yet; try again in a moment"}
}

func writeText(w http.ResponseWriter, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(text) // Whoever does not read the answer needs no other one.
}
