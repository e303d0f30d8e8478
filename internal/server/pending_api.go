package server

import "net/http"

// These routes are in the contract and are not served yet.

func (s *server) pending(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, &problem{status: http.StatusNotImplemented, code: ProblemCodeUnavailable, detail: "This server does not serve this yet"})
}

// RevealStoreCredentials answers POST /api/v1/stores/{name}/credentials.
func (s *server) RevealStoreCredentials(w http.ResponseWriter, r *http.Request, name StoreName) {
	s.GetStoreCredentials(w, r, name)
}

// RetryStore answers POST /api/v1/stores/{name}/retry.
func (s *server) RetryStore(w http.ResponseWriter, r *http.Request, _ StoreName) { s.pending(w, r) }

// StreamStoreLogs answers GET /api/v1/stores/{name}/logs.
func (s *server) StreamStoreLogs(w http.ResponseWriter, r *http.Request, _ StoreName, _ StreamStoreLogsParams) {
	s.pending(w, r)
}

// ListStoreEvents answers GET /api/v1/stores/{name}/events.
func (s *server) ListStoreEvents(w http.ResponseWriter, r *http.Request, _ StoreName) { s.pending(w, r) }

// GetStoreMetrics answers GET /api/v1/stores/{name}/metrics.
func (s *server) GetStoreMetrics(w http.ResponseWriter, r *http.Request, _ StoreName) { s.pending(w, r) }

// CheckName answers GET /api/v1/names/{name}.
func (s *server) CheckName(w http.ResponseWriter, r *http.Request, _ string) { s.pending(w, r) }

// ListPlans answers GET /api/v1/plans.
func (s *server) ListPlans(w http.ResponseWriter, r *http.Request) { s.pending(w, r) }

// GetPlatform answers GET /api/v1/platform.
func (s *server) GetPlatform(w http.ResponseWriter, r *http.Request) { s.pending(w, r) }

// GetCapacity answers GET /api/v1/admin/capacity.
func (s *server) GetCapacity(w http.ResponseWriter, r *http.Request) { s.pending(w, r) }

// GetReference answers GET /docs/api.
func (s *server) GetReference(w http.ResponseWriter, r *http.Request) { s.pending(w, r) }
