package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// adminsLock is the key of the advisory lock that serializes changes of users, so that two at once cannot remove the last two
	// administrators.
	adminsLock = 0x5f10_ad31
	// uniqueViolation is PostgreSQL's code for a duplicate of a unique value.
	uniqueViolation = "23505"

	userColumns = `users.id, users.email, users.name, users.role, users.password_hash, users.disabled, users.created_at,
		coalesce(users.last_sign_in_at, '0001-01-01Z')`
)

// Postgres stores accounts in PostgreSQL, in the tables of internal/database.
type Postgres struct {
	pool *pgxpool.Pool
}

var _ Repository = (*Postgres)(nil)

// NewPostgres returns a repository in the database.
func NewPostgres(pool *pgxpool.Pool) *Postgres { return &Postgres{pool: pool} }

// fields returns the destinations of userColumns.
func (u *User) fields() []any {
	return []any{&u.ID, &u.Email, &u.Name, &u.Role, &u.PasswordHash, &u.Disabled, &u.CreatedAt, &u.LastSignInAt}
}

func (u *User) toUTC() {
	u.CreatedAt, u.LastSignInAt = u.CreatedAt.UTC(), u.LastSignInAt.UTC()
}

// CreateUser implements Repository.
func (p *Postgres) CreateUser(ctx context.Context, user User, identity *Identity) (User, error) {
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO users (email, name, role, password_hash, disabled, created_at)
			VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			user.Email, user.Name, user.Role, user.PasswordHash, user.Disabled, user.CreatedAt).Scan(&user.ID)
		if err != nil || identity == nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO identities (issuer, subject, user_id) VALUES ($1, $2, $3)`, identity.Issuer, identity.Subject, user.ID)
		return err
	})
	if known, ok := errors.AsType[*pgconn.PgError](err); ok && known.Code == uniqueViolation {
		return User{}, emailTaken()
	}
	return user, err
}

// User implements Repository.
func (p *Postgres) User(ctx context.Context, id string) (User, error) {
	known, ok := parseID(id)
	if !ok {
		return User{}, userNotFound()
	}
	return p.user(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, known)
}

// UserByEmail implements Repository.
func (p *Postgres) UserByEmail(ctx context.Context, email string) (User, error) {
	return p.user(ctx, `SELECT `+userColumns+` FROM users WHERE email = $1`, email)
}

// UserByIdentity implements Repository.
func (p *Postgres) UserByIdentity(ctx context.Context, identity Identity) (User, error) {
	return p.user(ctx, `SELECT `+userColumns+` FROM users JOIN identities ON user_id = users.id WHERE issuer = $1 AND subject = $2`,
		identity.Issuer, identity.Subject)
}

func (p *Postgres) user(ctx context.Context, query string, args ...any) (User, error) {
	var user User
	err := p.pool.QueryRow(ctx, query, args...).Scan(user.fields()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return User{}, userNotFound()
	}
	user.toUTC()
	return user, err
}

// Users implements Repository.
func (p *Postgres) Users(ctx context.Context) ([]User, error) {
	rows, err := p.pool.Query(ctx, `SELECT `+userColumns+` FROM users ORDER BY email`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (User, error) {
		var user User
		err := row.Scan(user.fields()...)
		user.toUTC()
		return user, err
	})
}

// RecordSignIn implements Repository.
func (p *Postgres) RecordSignIn(ctx context.Context, id string, at time.Time) error {
	known, ok := parseID(id)
	if !ok {
		return userNotFound()
	}
	tag, err := p.pool.Exec(ctx, `UPDATE users SET last_sign_in_at = $2 WHERE id = $1`, known, at)
	if err == nil && tag.RowsAffected() == 0 {
		return userNotFound()
	}
	return err
}

// UpdateUser implements Repository.
func (p *Postgres) UpdateUser(ctx context.Context, id string, change func(*User)) (User, error) {
	known, ok := parseID(id)
	if !ok {
		return User{}, userNotFound()
	}
	var user User
	err := p.changeUsers(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1 FOR UPDATE`, known).Scan(user.fields()...)
		if errors.Is(err, pgx.ErrNoRows) {
			return userNotFound()
		}
		if err != nil {
			return err
		}
		user.toUTC()
		before := user
		change(&user)
		_, err = tx.Exec(ctx, `UPDATE users SET name = $2, role = $3, password_hash = $4, disabled = $5 WHERE id = $1`,
			user.ID, user.Name, user.Role, user.PasswordHash, user.Disabled)
		if err != nil || !isActiveAdmin(before) || isActiveAdmin(user) {
			return err
		}
		return requireActiveAdmin(ctx, tx)
	})
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// DeleteUser implements Repository.
func (p *Postgres) DeleteUser(ctx context.Context, id string) error {
	known, ok := parseID(id)
	if !ok {
		return userNotFound()
	}
	return p.changeUsers(ctx, func(tx pgx.Tx) error {
		var user User
		err := tx.QueryRow(ctx, `DELETE FROM users WHERE id = $1 RETURNING `+userColumns, known).Scan(user.fields()...)
		if errors.Is(err, pgx.ErrNoRows) {
			return userNotFound()
		}
		if err != nil || !isActiveAdmin(user) {
			return err
		}
		return requireActiveAdmin(ctx, tx)
	})
}

// changeUsers serializes transactions that may remove an administrator.
func (p *Postgres) changeUsers(ctx context.Context, change func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, adminsLock); err != nil {
			return fmt.Errorf("wait for other changes: %w", err)
		}
		return change(tx)
	})
}

func isActiveAdmin(user User) bool { return user.Role == Admin && !user.Disabled }

// requireActiveAdmin returns an error if no active administrator remains.
func requireActiveAdmin(ctx context.Context, tx pgx.Tx) error {
	var remains bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE role = 'admin' AND NOT disabled)`).Scan(&remains); err != nil {
		return fmt.Errorf("look for another administrator: %w", err)
	}
	if !remains {
		return lastAdmin()
	}
	return nil
}
