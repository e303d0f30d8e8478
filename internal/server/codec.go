package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// maxBody bounds the body of a request, in bytes.
	maxBody = 64 << 10
	// maxDiscarded bounds what is read of a body that is too large, in bytes. A proxy that is still sending may lose a response that
	// comes before the end of the body.
	maxDiscarded = 8 << 20
)

// bufferBody reads as much of the body as a handler may need.
func bufferBody(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	var buffered bytes.Buffer
	_, _ = io.CopyN(&buffered, r.Body, maxBody+1) // Whatever fails here fails again where the rest is read.
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(&buffered, r.Body), r.Body}
}

// decode reads a JSON body into value. Its errors are problems.
func decode(r *http.Request, value any) error {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return problem.Errorf(problem.UnsupportedMediaType, "Send the body as Content-Type: application/json")
	}
	defer func() { _, _ = io.CopyN(io.Discard, r.Body, maxDiscarded) }()
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		return malformed(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return malformed(err)
		}
		return problem.Errorf(problem.Malformed, "The body continues after its JSON object")
	}
	return nil
}

// malformed returns the problem of a body that cannot be decoded.
func malformed(err error) error {
	var (
		tooLarge   *http.MaxBytesError
		wrongType  *json.UnmarshalTypeError
		connection *net.OpError
	)
	p := &problem.Error{Kind: problem.Malformed}
	unknown, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field ") // encoding/json has no type for this error.
	switch {
	case errors.As(err, &tooLarge):
		p.Kind = problem.BodyTooLarge
		p.Message = fmt.Sprintf("The body is larger than %d KiB", tooLarge.Limit>>10)
	case isUnknown:
		p.Message = "Unknown field " + unknown
		p.Fields.Add(strings.Trim(unknown, `"`), "Unknown field")
	case errors.As(err, &wrongType) && wrongType.Field != "":
		p.Message = fmt.Sprintf("Field %q must be a %s, not a %s", wrongType.Field, wrongType.Type, wrongType.Value)
		p.Fields.Add(wrongType.Field, fmt.Sprintf("Must be a %s", wrongType.Type))
	case errors.As(err, &wrongType):
		p.Message = fmt.Sprintf("The body must be a JSON object, not a %s", wrongType.Value)
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.Kind, p.Message = problem.BodyTimeout, "The body did not arrive in time; send it again"
	case errors.As(err, &connection): // Its text names addresses within the cluster.
		p.Message = "The body did not arrive completely; send it again"
	case errors.Is(err, io.EOF):
		p.Message = "The body is empty; send a JSON object"
	default:
		p.Message = "The body is not valid JSON: " + strings.TrimPrefix(err.Error(), "json: ")
	}
	return p
}

// encode responds with value as JSON.
func (s *server) encode(w http.ResponseWriter, r *http.Request, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		s.fail(w, r, fmt.Errorf("encode the response: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // A client that has left needs no other response.
}

const plainText = "text/plain; charset=utf-8"

func writeText(w http.ResponseWriter, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(text) // A client that has left needs no other response.
}
