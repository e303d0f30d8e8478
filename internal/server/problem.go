package server

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/database"
	"shopflow.dev/shopflow/internal/stores"
)

// problemType precedes the code in a problem's type.
const problemType = "https://shopflow.dev/problems/"

// problem is an error that knows its answer.
type problem struct {
	status int
	code   ProblemCode
	detail string
	fields []FieldError

	retryAfter time.Duration // 0 says nothing about it
}

func (p *problem) Error() string { return p.detail }

// newProblem translates an error into an answer. What is not meant for people becomes a plain 500.
func newProblem(err error) *problem {
	if known, ok := errors.AsType[*problem](err); ok {
		return known
	}
	if known := accountProblem(err); known != nil {
		return known
	}
	var refusal *stores.Error
	if !errors.As(err, &refusal) {
		if database.Away(err) {
			return &problem{status: http.StatusServiceUnavailable, code: ProblemCodeUnavailable, detail: "The database of accounts does not answer just now; try again in a moment"}
		}
		return &problem{status: http.StatusInternalServerError, code: ProblemCodeInternal, detail: "Something went wrong here; the server's log says more"}
	}
	p := &problem{detail: refusal.Message}
	p.status, p.code = statusAndCode(refusal.Kind)
	for _, field := range refusal.Fields {
		p.fields = append(p.fields, FieldError{Field: field.Field, Message: field.Message})
	}
	return p
}

func statusAndCode(kind stores.Kind) (int, ProblemCode) {
	switch kind {
	case stores.Invalid:
		return http.StatusUnprocessableEntity, ProblemCodeValidationFailed
	case stores.NotFound:
		return http.StatusNotFound, ProblemCodeStoreNotFound
	case stores.Conflict:
		return http.StatusConflict, ProblemCodeStoreConflict
	case stores.Deleting:
		return http.StatusConflict, ProblemCodeStoreDeleting
	case stores.NotReady:
		return http.StatusConflict, ProblemCodeCredentialsNotReady
	case stores.NoLogs:
		return http.StatusConflict, ProblemCodeLogsNotReady
	case stores.BadPage:
		return http.StatusBadRequest, ProblemCodeInvalidContinue
	case stores.EngineUnavailable:
		return http.StatusUnprocessableEntity, ProblemCodeEngineUnavailable
	case stores.Unavailable:
		return http.StatusServiceUnavailable, ProblemCodeUnavailable
	default:
		return http.StatusInternalServerError, ProblemCodeInternal
	}
}

// accountProblem translates an error of accounts into an answer; nil if it is none.
func accountProblem(err error) *problem {
	refusal, ok := errors.AsType[*auth.Error](err)
	if !ok {
		return nil
	}
	p := &problem{detail: refusal.Message, retryAfter: refusal.RetryAfter}
	p.status, p.code = accountStatus(refusal.Kind)
	for _, field := range refusal.Fields {
		p.fields = append(p.fields, FieldError{Field: field.Field, Message: field.Message})
	}
	return p
}

func accountStatus(kind auth.Kind) (int, ProblemCode) {
	switch kind {
	case auth.Invalid:
		return http.StatusUnprocessableEntity, ProblemCodeValidationFailed
	case auth.Unauthenticated:
		return http.StatusUnauthorized, ProblemCodeUnauthorized
	case auth.SignInFailed, auth.Disabled, auth.EmailMissing:
		return http.StatusUnauthorized, ProblemCodeSignInFailed
	case auth.TooManyAttempts:
		return http.StatusTooManyRequests, ProblemCodeTooManyAttempts
	case auth.NotFound:
		return http.StatusNotFound, ProblemCodeNotFound
	case auth.Conflict:
		return http.StatusConflict, ProblemCodeUserConflict
	case auth.LastAdmin:
		return http.StatusConflict, ProblemCodeLastAdministrator
	case auth.SignUpClosed:
		return http.StatusForbidden, ProblemCodeSignUpClosed
	case auth.Forbidden:
		return http.StatusForbidden, ProblemCodeForbidden
	case auth.Busy:
		return http.StatusServiceUnavailable, ProblemCodeUnavailable
	case auth.ProviderUnavailable:
		return http.StatusServiceUnavailable, ProblemCodeProviderUnavailable
	default:
		return http.StatusInternalServerError, ProblemCodeInternal
	}
}

// fail answers with the error, and logs what people are not shown.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(err)
	if p.status >= http.StatusInternalServerError {
		s.log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("requestId", requestID(r.Context())), slog.Any("error", err))
	}
	switch {
	case p.retryAfter > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	case p.status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case p.status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="shopflow"`)
	}
	writeProblem(w, r, p)
}

// writeProblem answers with problem details (RFC 9457).
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	body, err := json.Marshal(Problem{
		Type:      problemType + strings.ReplaceAll(string(p.code), "_", "-"),
		Title:     http.StatusText(p.status),
		Status:    p.status,
		Detail:    p.detail,
		Code:      p.code,
		RequestID: requestID(r.Context()),
		Errors:    p.fields,
	})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.status)
	_, _ = w.Write(append(body, '\n')) // Whoever does not read the answer needs no other one.
}
