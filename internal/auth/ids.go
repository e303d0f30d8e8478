package auth

import "github.com/jackc/pgx/v5/pgtype"

// parseID reads an id as the database has it, so that it is looked up by its index. What people send may be any text: of one that no
// id looks like, ok is false.
func parseID(text string) (id pgtype.UUID, ok bool) {
	// Scan also takes other ways to write an id, by which nobody names one.
	if err := id.Scan(text); err != nil || id.String() != text {
		return pgtype.UUID{}, false
	}
	return id, true
}
