package server

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"shopflow.dev/shopflow/internal/database"
	"shopflow.dev/shopflow/internal/problem"
)

// problemType precedes the code in a problem's type.
const problemType = "https://shopflow.dev/problems/"

// problemOf returns the problem that people are told of for an error.
func problemOf(err error) *problem.Error {
	if known, ok := errors.AsType[*problem.Error](err); ok {
		return known
	}
	if database.IsUnavailable(err) {
		return &problem.Error{Kind: problem.Unavailable, Message: "The database is unavailable. Retry in a moment."}
	}
	return &problem.Error{Kind: problem.Internal, Message: "Internal error. The server's log has the details under this request's id."}
}

// statusAndCode is the one place that says how the API answers with a kind of problem.
func statusAndCode(kind problem.Kind) (int, ProblemCode) {
	//exhaustive:enforce
	switch kind {
	case problem.Invalid:
		return http.StatusUnprocessableEntity, ProblemCodeValidationFailed
	case problem.Malformed:
		return http.StatusBadRequest, ProblemCodeMalformedBody
	case problem.BodyTooLarge:
		return http.StatusRequestEntityTooLarge, ProblemCodeBodyTooLarge
	case problem.BodyTimeout:
		return http.StatusRequestTimeout, ProblemCodeMalformedBody
	case problem.UnsupportedMediaType:
		return http.StatusUnsupportedMediaType, ProblemCodeUnsupportedMediaType
	case problem.MethodNotAllowed:
		return http.StatusMethodNotAllowed, ProblemCodeMethodNotAllowed
	case problem.CrossOrigin:
		return http.StatusForbidden, ProblemCodeCrossOrigin
	case problem.InvalidContinue:
		return http.StatusBadRequest, ProblemCodeInvalidContinue
	case problem.Unauthenticated:
		return http.StatusUnauthorized, ProblemCodeUnauthorized
	case problem.SignInFailed, problem.AccountDisabled, problem.EmailMissing:
		return http.StatusUnauthorized, ProblemCodeSignInFailed
	case problem.TooManyAttempts:
		return http.StatusTooManyRequests, ProblemCodeTooManyAttempts
	case problem.Forbidden:
		return http.StatusForbidden, ProblemCodeForbidden
	case problem.SignUpClosed:
		return http.StatusForbidden, ProblemCodeSignUpClosed
	case problem.NotFound:
		return http.StatusNotFound, ProblemCodeNotFound
	case problem.UserConflict:
		return http.StatusConflict, ProblemCodeUserConflict
	case problem.UserOwnsStores:
		return http.StatusConflict, ProblemCodeUserOwnsStores
	case problem.LastAdministrator:
		return http.StatusConflict, ProblemCodeLastAdministrator
	case problem.StoreNotFound:
		return http.StatusNotFound, ProblemCodeStoreNotFound
	case problem.StoreConflict:
		return http.StatusConflict, ProblemCodeStoreConflict
	case problem.StoreDeleting:
		return http.StatusConflict, ProblemCodeStoreDeleting
	case problem.EngineUnavailable:
		return http.StatusUnprocessableEntity, ProblemCodeEngineUnavailable
	case problem.CredentialsNotReady:
		return http.StatusConflict, ProblemCodeCredentialsNotReady
	case problem.LogsNotReady:
		return http.StatusConflict, ProblemCodeLogsNotReady
	case problem.TooManyRequests:
		return http.StatusTooManyRequests, ProblemCodeTooManyRequests
	case problem.TooManyStreams:
		return http.StatusServiceUnavailable, ProblemCodeTooManyStreams
	case problem.NotReady:
		return http.StatusServiceUnavailable, ProblemCodeNotReady
	case problem.Unavailable:
		return http.StatusServiceUnavailable, ProblemCodeUnavailable
	case problem.ProviderUnavailable:
		return http.StatusServiceUnavailable, ProblemCodeProviderUnavailable
	case problem.Internal:
	}
	return http.StatusInternalServerError, ProblemCodeInternal
}

// fail responds with the error, and logs what people are not shown.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	status, _ := statusAndCode(p.Kind)
	if status >= http.StatusInternalServerError {
		s.log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("requestId", requestID(r.Context())), slog.Any("error", err))
	}
	switch {
	case p.RetryAfter > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="shopflow"`)
	}
	writeProblem(w, r, p)
}

// writeProblem responds with problem details (RFC 9457).
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem.Error) {
	status, code := statusAndCode(p.Kind)
	fields := make([]FieldError, 0, len(p.Fields))
	for _, field := range p.Fields {
		fields = append(fields, FieldError{Field: field.Name, Message: field.Message})
	}
	body, err := json.Marshal(Problem{
		Type:      problemType + strings.ReplaceAll(string(code), "_", "-"),
		Title:     http.StatusText(status),
		Status:    status,
		Detail:    p.Message,
		Code:      code,
		RequestID: requestID(r.Context()),
		Errors:    fields,
	})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // A client that has left needs no other response.
}
