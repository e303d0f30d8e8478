package apiclient

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// streamIdleTimeout is after how long without an event or a heartbeat a stream counts as lost.
	streamIdleTimeout = 45 * time.Second
	// firstRetry is after how long a lost stream is opened again, unless the server says otherwise.
	firstRetry = time.Second
	// maxRetry bounds the retry time that the server may set.
	maxRetry = 30 * time.Second
	// maxLine bounds one line of a stream, in bytes.
	maxLine = 4 << 20
)

// The types of events.
const (
	StoreUpdated = "store.updated"
	StoreDeleted = "store.deleted"
	// Synced comes after every store that existed when the stream was opened.
	Synced = "synced"
)

// Event is a change of a store.
type Event struct {
	Type  string
	Store Store
	// Known tells, in a Synced event, whether a store came before it.
	Known bool
}

// Handler is called with every event. The stream ends when it returns true or an error.
type Handler func(ctx context.Context, event Event) (done bool, err error)

// Follow passes the events of the named store to the handler until the handler ends it or the context is done. A lost stream is
// opened again until then: the context must have a bound.
func (p *Platform) Follow(ctx context.Context, name string, handle Handler) error {
	follow := &follow{name: name, handle: handle, retry: firstRetry}
	for {
		err := p.stream(ctx, follow)
		var refused *handlerError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &refused):
			return refused.err
		case ctx.Err() != nil:
			return ctx.Err()
		case !temporary(err):
			return err
		}
		again := time.NewTimer(follow.retry)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return fmt.Errorf("follow store %s: %w; the stream was lost: %w", name, ctx.Err(), err)
		}
	}
}

// follow is the state that is kept when a stream is lost.
type follow struct {
	name   string
	handle Handler
	lastID string
	retry  time.Duration
}

// handlerError tells an error of the handler from one of the stream.
type handlerError struct{ err error }

func (e *handlerError) Error() string { return e.err.Error() }

// stream opens the stream once and reads it until the handler is done; every other end is an error.
func (p *Platform) stream(ctx context.Context, f *follow) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(streamIdleTimeout, cancel)
	defer alive.Stop()
	response, err := p.api.StreamEvents(ctx, &StreamEventsParams{Store: f.name, LastEventID: f.lastID})
	if err != nil {
		return p.unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return readProblem(response)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	return f.read(ctx, lines, func() { alive.Reset(streamIdleTimeout) })
}

// read parses the stream: one field a line, and an empty line after each event. An event's ID counts once the event is whole: a client
// that is cut off before that must get it again.
func (f *follow) read(ctx context.Context, lines *bufio.Scanner, alive func()) error {
	var (
		kind, data string
		known      bool
	)
	id := f.lastID
	for lines.Scan() {
		alive()
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			data += value
		case "retry":
			if milliseconds, err := strconv.Atoi(value); err == nil && milliseconds > 0 {
				f.retry = min(time.Duration(milliseconds)*time.Millisecond, maxRetry)
			}
		}
		if lines.Text() != "" {
			continue
		}
		f.lastID = id
		if data == "" {
			kind = ""
			continue
		}
		event := Event{Type: kind, Known: known}
		if err := json.Unmarshal([]byte(data), &event.Store); err != nil {
			return fmt.Errorf("read an event: %w", err)
		}
		// Only now: an event that was cut off is requested again.
		kind, data, known, f.lastID = "", "", known || kind == StoreUpdated, id
		if done, err := f.handle(ctx, event); err != nil {
			return &handlerError{err}
		} else if done {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	return fmt.Errorf("read the stream: %w", io.ErrUnexpectedEOF)
}

// readProblem reads why the stream was refused.
func readProblem(response *http.Response) error {
	answer, err := ParseStreamEventsResponse(response)
	if err != nil {
		return fmt.Errorf("read why the stream was refused: %w", err)
	}
	return newError(response, answer.ApplicationProblemJSONDefault)
}
