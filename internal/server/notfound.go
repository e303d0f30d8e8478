package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/problem"
)

// notFound answers what the multiplexer has no route for with a problem instead of the multiplexer's plain text.
func notFound(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response := &discardedBody{header: http.Header{}}
		mux.ServeHTTP(response, r)
		if response.status != http.StatusMethodNotAllowed {
			writeProblem(w, r, &problem.Error{Kind: problem.NotFound, Message: "No such path. See /openapi.yaml for all paths."})
			return
		}
		allowed := response.header.Get("Allow")
		w.Header().Set("Allow", allowed)
		writeProblem(w, r, &problem.Error{Kind: problem.MethodNotAllowed, Message: "This path allows only " + allowed})
	})
}

// discardedBody keeps the status and headers of a response and drops the rest.
type discardedBody struct {
	header http.Header
	status int
}

func (d *discardedBody) Header() http.Header { return d.header }

func (d *discardedBody) WriteHeader(status int) { d.status = status }

func (d *discardedBody) Write(body []byte) (int, error) { return len(body), nil }
