package store

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestMessage keeps conditions readable.
const longestMessage = 400

// sentence makes an error's text fit for a condition: one line, a capital first, not too long.
func sentence(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if characters := []rune(text); len(characters) > longestMessage {
		text = string(characters[:longestMessage-1]) + "…"
	}
	return text
}
