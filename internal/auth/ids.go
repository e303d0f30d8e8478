package auth

import "github.com/jackc/pgx/v5/pgtype"

// parseID parses an id in the form that the database prints. Clients may send any text: ok is false for what is no id.
func parseID(text string) (id pgtype.UUID, ok bool) {
	// Scan also accepts other forms of an id, which are never shown.
	if err := id.Scan(text); err != nil || id.String() != text {
		return pgtype.UUID{}, false
	}
	return id, true
}
