// Package audit is the audit log: who did what, and when. Entries are only added; they name things and never have a secret.
package audit

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Outcome says how an action ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
	Failed  Outcome = "failed"
)

// Retention is how long entries are kept.
const Retention = 400 * 24 * time.Hour

// Entry is one action.
type Entry struct {
	ID         int64 // grows with time
	At         time.Time
	ActorID    string // empty without credentials
	ActorEmail string
	Action     string // such as store.create
	Target     string // such as the store's name
	Outcome    Outcome
	Client     string // the network address that the request came from
	RequestID  string
}

// Log is the audit log in PostgreSQL, in the table of internal/database.
type Log struct {
	pool *pgxpool.Pool
}

// New returns the log in the database.
func New(pool *pgxpool.Pool) *Log { return &Log{pool: pool} }

// Record adds an entry.
func (l *Log) Record(ctx context.Context, e Entry) error {
	_, err := l.pool.Exec(ctx, `INSERT INTO audit (at, actor_id, actor_email, action, target, outcome, client, request_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, e.At, e.ActorID, e.ActorEmail, e.Action, e.Target, e.Outcome, e.Client, e.RequestID)
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// DeleteExpired deletes entries older than Retention.
func (l *Log) DeleteExpired(ctx context.Context, now time.Time) error {
	if _, err := l.pool.Exec(ctx, `DELETE FROM audit WHERE at < $1`, now.Add(-Retention)); err != nil {
		return fmt.Errorf("delete expired entries of the audit log: %w", err)
	}
	return nil
}

// Filter says which entries to list. The zero Filter lists all.
type Filter struct {
	// Kind is what an action begins with, such as store.
	Kind string
	// Text is part of the actor's email address or of the target, in any case.
	Text string
}

// Matches reports whether an entry is to be listed.
func (f Filter) Matches(e Entry) bool {
	text := strings.ToLower(f.Text)
	return (f.Kind == "" || strings.HasPrefix(e.Action, f.Kind+".")) &&
		(strings.Contains(strings.ToLower(e.ActorEmail), text) || strings.Contains(strings.ToLower(e.Target), text))
}

// List returns at most limit entries that match, before the one with the id, newest first; 0 begins with the newest.
func (l *Log) List(ctx context.Context, filter Filter, before int64, limit int) ([]Entry, error) {
	rows, err := l.pool.Query(ctx, `SELECT id, at, actor_id, actor_email, action, target, outcome, client, request_id
		FROM audit WHERE ($1::bigint = 0 OR id < $1) AND ($3::text = '' OR starts_with(action, $3 || '.'))
		AND (strpos(lower(actor_email), lower($4::text)) > 0 OR strpos(lower(target), lower($4)) > 0)
		ORDER BY id DESC LIMIT $2`, before, limit, filter.Kind, filter.Text)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Entry, error) {
		var e Entry
		err := row.Scan(&e.ID, &e.At, &e.ActorID, &e.ActorEmail, &e.Action, &e.Target, &e.Outcome, &e.Client, &e.RequestID)
		e.At = e.At.UTC()
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return entries, nil
}

// Cursor returns the text from which ParseCursor finds the page after the entry.
func (e Entry) Cursor() string { return strconv.FormatInt(e.ID, 10) }

// ParseCursor returns the id in a cursor; 0 for an empty one.
func ParseCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("parse the cursor %q: not one of the audit log", cursor)
	}
	return id, nil
}
