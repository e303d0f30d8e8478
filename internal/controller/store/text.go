package store

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMessage bounds the message of a condition, in characters.
const maxMessage = 400

// sentence turns an error into a condition's message: one line with a capital first, of at most maxMessage characters.
func sentence(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	first, size := utf8.DecodeRuneInString(text)
	if size > 0 {
		text = string(unicode.ToUpper(first)) + text[size:]
	}
	if characters := []rune(text); len(characters) > maxMessage {
		text = string(characters[:maxMessage-1]) + "…"
	}
	return text
}
