package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
)

const (
	// auditTimeout bounds writing an entry when the request is over already.
	auditTimeout = 5 * time.Second
	// defaultPage is how many entries a page has unless the request says otherwise.
	defaultPage = 50
	// maxTarget bounds what people may have sent as the name of something, in bytes.
	maxTarget = 254
)

// Audit is the audit log.
type Audit interface {
	Record(ctx context.Context, entry audit.Entry) error
	List(ctx context.Context, before int64, limit int) ([]audit.Entry, error)
}

// record writes down what the request did to the target, or tried to. If it cannot, the server's log says so.
func (s *server) record(r *http.Request, action, target string, err error) {
	s.recordAs(r, auth.From(r.Context()).User, action, target, err)
}

// recordAs is record for an act that made the user known.
func (s *server) recordAs(r *http.Request, actor auth.User, action, target string, err error) {
	outcome := audit.Done
	if err != nil {
		outcome = audit.Failed
		if status, _ := statusAndCode(problemOf(err).Kind); status < http.StatusInternalServerError {
			outcome = audit.Refused
		}
	}
	if err := s.write(r, actor, action, target, outcome); err != nil {
		s.log.LogAttrs(r.Context(), slog.LevelError, "act not recorded", slog.String("requestId", requestID(r.Context())),
			slog.String("action", action), slog.Any("error", err))
	}
}

// recordFirst writes down an act that must not happen unrecorded, before it happens.
func (s *server) recordFirst(r *http.Request, action, target string) error {
	return s.write(r, auth.From(r.Context()).User, action, target, audit.Done)
}

func (s *server) write(r *http.Request, actor auth.User, action, target string, outcome audit.Outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), auditTimeout)
	defer cancel()
	return s.audit.Record(ctx, audit.Entry{
		At: s.clock.Now().UTC(), ActorID: actor.ID, ActorEmail: cmp.Or(actor.Email, actor.Name), Action: action, Target: harmless(target),
		Outcome: outcome, Client: s.clientOf(r).String(), RequestID: requestID(r.Context()),
	})
}

// harmless cuts a text that somebody sent to what the log can keep.
func harmless(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
	for len(text) > maxTarget {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// ListAudit answers GET /api/v1/audit.
func (s *server) ListAudit(w http.ResponseWriter, r *http.Request, params ListAuditParams) {
	limit := cmp.Or(params.Limit, defaultPage)
	before, err := audit.ParseCursor(params.Continue)
	if err != nil || limit < 1 || limit > 200 {
		s.fail(w, r, problem.Errorf(problem.Malformed, "limit must be 1 to 200, and continue must come from the previous page"))
		return
	}
	entries, err := s.audit.List(r.Context(), before, limit+1)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := AuditList{Items: make([]AuditEntry, 0, len(entries))}
	for i, entry := range entries {
		if i == limit {
			list.Continue = entries[i-1].Cursor()
			break
		}
		list.Items = append(list.Items, AuditEntry{
			ID: strconv.FormatInt(entry.ID, 10), At: entry.At, Actor: AuditActor{ID: entry.ActorID, Email: entry.ActorEmail}, Action: entry.Action,
			Target: entry.Target, Outcome: AuditEntryOutcome(entry.Outcome), Client: entry.Client, RequestID: entry.RequestID,
		})
	}
	s.encode(w, r, http.StatusOK, list)
}
