package server

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/problem"
)

// defaultAuditPage is how many entries a page of the audit log has unless the request says otherwise.
const defaultAuditPage = 50

// Audit is the audit log.
type Audit interface {
	Record(ctx context.Context, entry audit.Entry) error
	List(ctx context.Context, filter audit.Filter, before int64, limit int) ([]audit.Entry, error)
}

// ListAudit answers GET /api/v1/audit.
func (s *server) ListAudit(w http.ResponseWriter, r *http.Request, params ListAuditParams) {
	limit := cmp.Or(params.Limit, defaultAuditPage)
	before, err := audit.ParseCursor(params.Continue)
	if err != nil {
		s.fail(w, r, problem.Errorf(problem.InvalidContinue, "continue is not what the previous page returned"))
		return
	}
	entries, err := s.audit.List(r.Context(), audit.Filter{Kind: string(params.Kind), Text: params.Q}, before, limit+1)
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
