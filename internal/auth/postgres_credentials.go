package auth

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// #nosec G101 -- names of columns
const tokenColumns = `tokens.id, tokens.user_id, tokens.name, tokens.hash, tokens.scopes, tokens.created_at, tokens.expires_at,
	coalesce(tokens.last_used_at, '0001-01-01Z')`

// CreateSession implements Repository.
func (p *Postgres) CreateSession(ctx context.Context, session Session) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO sessions (id_hash, user_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		session.Hash, session.UserID, session.CreatedAt, session.SeenAt, session.ExpiresAt)
	return err
}

// Session implements Repository.
func (p *Postgres) Session(ctx context.Context, hash []byte) (Session, User, error) {
	var session Session
	var user User
	err := p.pool.QueryRow(ctx, `SELECT sessions.id_hash, sessions.user_id, sessions.created_at, sessions.seen_at, sessions.expires_at, `+userColumns+`
		FROM sessions JOIN users ON users.id = user_id WHERE id_hash = $1`, hash).
		Scan(append([]any{&session.Hash, &session.UserID, &session.CreatedAt, &session.SeenAt, &session.ExpiresAt}, user.fields()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, User{}, userNotFound()
	}
	user.toUTC()
	session.CreatedAt, session.SeenAt, session.ExpiresAt = session.CreatedAt.UTC(), session.SeenAt.UTC(), session.ExpiresAt.UTC()
	return session, user, err
}

// TouchSession implements Repository.
func (p *Postgres) TouchSession(ctx context.Context, hash []byte, seen time.Time) error {
	_, err := p.pool.Exec(ctx, `UPDATE sessions SET seen_at = $2 WHERE id_hash = $1 AND seen_at < $2`, hash, seen)
	return err
}

// DeleteSession implements Repository.
func (p *Postgres) DeleteSession(ctx context.Context, hash []byte) error {
	_, err := p.pool.Exec(ctx, `DELETE FROM sessions WHERE id_hash = $1`, hash)
	return err
}

// DeleteSessions implements Repository.
func (p *Postgres) DeleteSessions(ctx context.Context, userID string, keep []byte) error {
	user, ok := parseID(userID)
	if !ok {
		return nil
	}
	_, err := p.pool.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id_hash IS DISTINCT FROM $2`, user, keep)
	return err
}

// fields returns the destinations of tokenColumns.
func (t *Token) fields() []any {
	return []any{&t.ID, &t.UserID, &t.Name, &t.Hash, &t.Scopes, &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt}
}

func (t *Token) toUTC() {
	t.CreatedAt, t.ExpiresAt, t.LastUsedAt = t.CreatedAt.UTC(), t.ExpiresAt.UTC(), t.LastUsedAt.UTC()
}

// CreateToken implements Repository.
func (p *Postgres) CreateToken(ctx context.Context, token Token) (Token, error) {
	err := p.pool.QueryRow(ctx, `INSERT INTO tokens (user_id, name, hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		token.UserID, token.Name, token.Hash, token.Scopes, token.CreatedAt, token.ExpiresAt).Scan(&token.ID)
	return token, err
}

// Token implements Repository.
func (p *Postgres) Token(ctx context.Context, hash []byte) (Token, User, error) {
	var token Token
	var user User
	err := p.pool.QueryRow(ctx, `SELECT `+tokenColumns+`, `+userColumns+` FROM tokens JOIN users ON users.id = user_id WHERE hash = $1`, hash).
		Scan(append(token.fields(), user.fields()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Token{}, User{}, tokenNotFound()
	}
	token.toUTC()
	user.toUTC()
	return token, user, err
}

// Tokens implements Repository.
func (p *Postgres) Tokens(ctx context.Context, userID string) ([]Token, error) {
	user, ok := parseID(userID)
	if !ok {
		return nil, nil
	}
	rows, err := p.pool.Query(ctx, `SELECT `+tokenColumns+` FROM tokens WHERE user_id = $1 ORDER BY created_at DESC, id`, user)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Token, error) {
		var token Token
		err := row.Scan(token.fields()...)
		token.toUTC()
		return token, err
	})
}

// TouchToken implements Repository.
func (p *Postgres) TouchToken(ctx context.Context, id string, used time.Time) error {
	token, ok := parseID(id)
	if !ok {
		return nil
	}
	_, err := p.pool.Exec(ctx, `UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`, token, used)
	return err
}

// DeleteToken implements Repository.
func (p *Postgres) DeleteToken(ctx context.Context, userID, id string) (Token, error) {
	user, isUser := parseID(userID)
	one, isToken := parseID(id)
	if !isUser || !isToken {
		return Token{}, tokenNotFound()
	}
	var token Token
	err := p.pool.QueryRow(ctx, `DELETE FROM tokens WHERE user_id = $1 AND id = $2 RETURNING `+tokenColumns, user, one).Scan(token.fields()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Token{}, tokenNotFound()
	}
	token.toUTC()
	return token, err
}

// ChangeAttempts implements Repository.
func (p *Postgres) ChangeAttempts(ctx context.Context, key []byte, change func(Attempts) Attempts) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		// The row is there before it is lockoutError, so that two first tries do not both find nothing.
		_, err := tx.Exec(ctx, `INSERT INTO attempts (key, failures, last_at, locked_until) VALUES ($1, 0, '0001-01-01Z', '0001-01-01Z') ON CONFLICT DO NOTHING`, key)
		if err != nil {
			return err
		}
		var attempts Attempts
		err = tx.QueryRow(ctx, `SELECT failures, last_at, locked_until FROM attempts WHERE key = $1 FOR UPDATE`, key).
			Scan(&attempts.Failures, &attempts.LastAt, &attempts.LockedUntil)
		if err != nil {
			return err
		}
		attempts = change(attempts)
		_, err = tx.Exec(ctx, `UPDATE attempts SET failures = $2, last_at = $3, locked_until = $4 WHERE key = $1`,
			key, attempts.Failures, attempts.LastAt, attempts.LockedUntil)
		return err
	})
}

// DeleteAttempts implements Repository.
func (p *Postgres) DeleteAttempts(ctx context.Context, key []byte) error {
	_, err := p.pool.Exec(ctx, `DELETE FROM attempts WHERE key = $1`, key)
	return err
}

// DeleteExpired implements Repository.
func (p *Postgres) DeleteExpired(ctx context.Context, now, idleSince, staleBefore time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM sessions WHERE expires_at <= $1 OR seen_at < $2`, now, idleSince)
	batch.Queue(`DELETE FROM tokens WHERE expires_at <= $1`, now)
	batch.Queue(`DELETE FROM logins WHERE expires_at <= $1`, now)
	batch.Queue(`DELETE FROM attempts WHERE last_at < $1`, staleBefore)
	return p.pool.SendBatch(ctx, batch).Close()
}
