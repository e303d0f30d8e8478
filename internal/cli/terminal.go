package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// terminal returns the file that is a terminal, or nil for everything else.
func terminal(out io.Writer) *os.File {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return file
}

// terminalWriter passes text on without what could take a terminal over: colors, cursor movements, invisible formatting. The text may be
// cut anywhere: the beginning of a character waits for its end.
type terminalWriter struct {
	to   io.Writer
	tail []byte
}

// Write passes on what is whole of the text.
func (w *terminalWriter) Write(text []byte) (int, error) {
	all := append(w.tail, text...)
	whole := len(all) - incomplete(all)
	w.tail = append([]byte(nil), all[whole:]...)
	return len(text), w.pass(all[:whole])
}

// Flush passes on what has no end.
func (w *terminalWriter) Flush() error {
	tail := w.tail
	w.tail = nil
	return w.pass(tail)
}

func (w *terminalWriter) pass(text []byte) error {
	sanitized := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return printableRune(r)
	}, string(text))
	if _, err := io.WriteString(w.to, sanitized); err != nil {
		return fmt.Errorf("write the logs: %w", err)
	}
	return nil
}

// incomplete returns how many bytes at the end are the beginning of a character.
func incomplete(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if end := text[len(text)-n:]; utf8.RuneStart(end[0]) {
			if utf8.FullRune(end) {
				return 0
			}
			return n
		}
	}
	return 0
}
