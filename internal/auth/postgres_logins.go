package auth

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// foreignKeyViolation is PostgreSQL's code for a reference to a missing row.
const foreignKeyViolation = "23503"

// CreateLogin implements Repository.
func (p *Postgres) CreateLogin(ctx context.Context, login Login) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO logins (session_hash, code_hash, user_id, device, challenge, redirect, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (session_hash) DO UPDATE SET (code_hash, user_id, device, challenge, redirect, expires_at) =
			(excluded.code_hash, excluded.user_id, excluded.device, excluded.challenge, excluded.redirect, excluded.expires_at)`,
		login.Session, login.Hash, login.UserID, login.Device, login.Challenge, login.Redirect, login.ExpiresAt)
	if known, ok := errors.AsType[*pgconn.PgError](err); ok && known.Code == foreignKeyViolation {
		return userNotFound() // The session has ended meanwhile.
	}
	return err
}

// ConsumeLogin implements Repository.
func (p *Postgres) ConsumeLogin(ctx context.Context, hash []byte) (Login, User, error) {
	var login Login
	var user User
	err := p.pool.QueryRow(ctx, `DELETE FROM logins USING users WHERE users.id = user_id AND code_hash = $1
		RETURNING session_hash, code_hash, user_id, device, challenge, redirect, expires_at, `+userColumns, hash).
		Scan(append([]any{&login.Session, &login.Hash, &login.UserID, &login.Device, &login.Challenge, &login.Redirect, &login.ExpiresAt}, user.fields()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Login{}, User{}, userNotFound()
	}
	login.ExpiresAt = login.ExpiresAt.UTC()
	user.toUTC()
	return login, user, err
}
