package server

import (
	"net/http"
	"strings"

	"shopflow.dev/shopflow/internal/problem"
)

// route returns what answers the request, the request with whoever sends it, and the pattern that it matched. Whoever is not
// signed in learns only what is public.
func (s *server) route(r *http.Request) (handler http.Handler, known *http.Request, pattern string) {
	handler, pattern = s.routes.Handler(r)
	if pattern == "" && s.dashboard != nil && isPage(r) {
		return s.dashboard, r, dashboardPattern
	}
	if err := s.origins.Check(r); err != nil || (pattern == revealPattern && fromElsewhere(r)) {
		return s.refuse(crossOrigin()), r, pattern
	}
	hold(r)
	known, err := s.admit(r, pattern)
	if err == nil {
		err = s.limit(known, pattern)
	}
	switch {
	case err != nil:
		return s.refuse(err), r, pattern
	case pattern == "":
		return unrouted(handler), known, pattern
	case pattern == eventsPattern, pattern == logsPattern:
		return s.routes, known, pattern
	default:
		return bounded(s.routes), known, pattern
	}
}

const (
	eventsPattern = "GET /api/v1/events"
	logsPattern   = "GET /api/v1/stores/{name}/logs"
	// revealPattern reads, but it writes into the audit log, too.
	revealPattern = "GET /api/v1/stores/{name}/credentials"
	// dashboardPattern counts as one route whatever page is asked for.
	dashboardPattern = "GET /"
)

// fromElsewhere reports whether a page of another site, or a link in it, asks. A store is another site.
func fromElsewhere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// isPage reports whether the request may be for a page or a file of the dashboard. Everybody gets those: what is in the pages comes
// from the API. A path below /api/ that does not exist is a problem and never a page.
func isPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && !strings.HasPrefix(r.URL.Path, "/api/")
}

// crossOrigin refuses what a page of another site makes a browser send with somebody's cookie.
func crossOrigin() error {
	return problem.Errorf(problem.CrossOrigin, "A page of another site sent this request")
}

// quiet reports whether the pattern is one that probes ask all the time.
func quiet(pattern string) bool {
	switch pattern {
	case "GET /healthz", "GET /readyz", "GET /openapi.yaml", dashboardPattern:
		return true
	default:
		return false
	}
}

// unrouted answers what the multiplexer has no route for with a problem instead of its plain text.
func unrouted(refusal http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &refused{header: http.Header{}}
		refusal.ServeHTTP(answer, r)
		if answer.status != http.StatusMethodNotAllowed {
			writeProblem(w, r, &problem.Error{Kind: problem.NotFound, Message: "There is nothing at this path; /openapi.yaml lists the paths"})
			return
		}
		allowed := answer.header.Get("Allow")
		w.Header().Set("Allow", allowed)
		writeProblem(w, r, &problem.Error{Kind: problem.MethodNotAllowed, Message: "This path allows only " + allowed})
	})
}

// refused keeps the status and headers of an answer and drops the rest.
type refused struct {
	header http.Header
	status int
}

func (a *refused) Header() http.Header { return a.header }

func (a *refused) WriteHeader(status int) { a.status = status }

func (a *refused) Write(body []byte) (int, error) { return len(body), nil }
