package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/auth"
)

const (
	// auditTimeout bounds writing an entry, which the end of its request does not stop.
	auditTimeout = 5 * time.Second
	// maxAuditTarget bounds the target of an entry, in bytes: clients choose it.
	maxAuditTarget = 254
)

// auditNote is what the audit log will say about a request. The route begins it; the handler adds what only it knows.
type auditNote struct {
	actor   auth.User // the request's principal, unless the handler knows better
	actions []string
	target  string
	err     error // why the request failed, where the status of its response does not say
	skip    bool
}

type auditNoteKey struct{}

// note returns the request's audit note, for its handler to complete.
func note(r *http.Request) *auditNote {
	if n, ok := r.Context().Value(auditNoteKey{}).(*auditNote); ok {
		return n
	}
	return &auditNote{} // The route is not audited.
}

// on says what the request acts on. A request whose path names nothing is recorded only when its handler calls this.
func (n *auditNote) on(target string) { n.target, n.skip = target, false }

// did says which of the route's actions the request takes.
func (n *auditNote) did(actions ...string) { n.actions = actions }

// audited records what a route's requests do. The entry is written when the response's status is known, before the client has it.
func (s *server) audited(route route, next http.Handler) http.Handler {
	if len(route.audit) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := cmp.Or(r.PathValue("name"), r.PathValue("id"))
		n := &auditNote{actor: auth.FromContext(r.Context()).User, target: target, skip: target == ""}
		if len(route.audit) == 1 {
			n.actions = route.audit
		}
		r = r.WithContext(context.WithValue(r.Context(), auditNoteKey{}, n))
		writer := &auditWriter{ResponseWriter: w, server: s, request: r, note: n, first: route.auditFirst}
		defer writer.finish()
		next.ServeHTTP(writer, r)
	})
}

// auditWriter writes a response, and an audit entry before it.
type auditWriter struct {
	http.ResponseWriter
	server  *server
	request *http.Request
	note    *auditNote
	first   bool // a response that succeeds must not leave without its entry

	recorded bool
	replaced bool // the response failed instead
}

func (w *auditWriter) WriteHeader(status int) {
	if w.recorded {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.recorded = true
	if err := w.record(status); err != nil && w.first && status < http.StatusBadRequest {
		w.replaced = true
		w.server.fail(w.ResponseWriter, w.request, err)
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *auditWriter) Write(body []byte) (int, error) {
	if !w.recorded {
		w.WriteHeader(http.StatusOK)
	}
	if w.replaced {
		return len(body), nil
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *auditWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish records a request that ended without a response: its handler panicked.
func (w *auditWriter) finish() {
	if !w.recorded {
		_ = w.record(http.StatusInternalServerError) // The log has the error already.
	}
}

// record writes the note into the audit log, one entry per action, and logs if it cannot.
func (w *auditWriter) record(status int) error {
	if w.note.skip {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.request.Context()), auditTimeout)
	defer cancel()
	for _, action := range w.note.actions {
		err := w.server.audit.Record(ctx, audit.Entry{
			At: w.server.clock.Now().UTC(), ActorID: w.note.actor.ID, ActorEmail: cmp.Or(w.note.actor.Email, w.note.actor.Name),
			Action: action, Target: sanitize(w.note.target), Outcome: outcome(status, w.note.err),
			Client: w.server.clientIP(w.request).String(), RequestID: requestID(ctx),
		})
		if err != nil {
			w.server.log.LogAttrs(ctx, slog.LevelError, "audit entry not written", slog.String("requestId", requestID(ctx)),
				slog.String("action", action), slog.Any("error", err))
			return err
		}
	}
	return nil
}

// outcome says how a request ended, by its error if there is one, else by the status of its response.
func outcome(status int, err error) audit.Outcome {
	if err != nil {
		status, _ = statusAndCode(problemOf(err).Kind)
	}
	switch {
	case status < http.StatusBadRequest:
		return audit.Done
	case status < http.StatusInternalServerError:
		return audit.Refused
	default:
		return audit.Failed
	}
}

// sanitize makes a text from a client fit for the audit log: valid UTF-8 without NUL, of bounded length.
func sanitize(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
	if len(text) <= maxAuditTarget {
		return text
	}
	end := maxAuditTarget
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
