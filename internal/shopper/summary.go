package shopper

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	// maxSummary is the length of a summary in characters.
	maxSummary = 200
	// maxSummarized bounds how much of an answer is summarized, in bytes.
	maxSummarized = 16 << 10
	hidden        = "[hidden]"
)

var (
	// secretPatterns match what looks like a secret, and say what to write instead.
	secretPatterns = []struct { //nolint:gochecknoglobals // immutable
		pattern     *regexp.Regexp
		replacement string
	}{
		// A field of JSON, a form or a query with a telling name.
		{regexp.MustCompile(`(?i)("[^"]*(?:password|token|secret|key|nonce|cookie|authorization)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"?`), `${1}"` + hidden + `"`},
		{regexp.MustCompile(`(?i)\b([\w-]*(?:password|token|secret|key|nonce|cookie)[\w-]*=)[^&\s;"']+`), `${1}` + hidden},
		{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w.~+/=-]+`), `${1} ` + hidden},
		// API keys with a common prefix, and JSON Web Tokens.
		{regexp.MustCompile(`\b(?:pk|sk)_[0-9a-fA-F]{8,}`), hidden},
		{regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?`), hidden},
	}
	markup = regexp.MustCompile(`(?is)<(style|script|title)\b.*?</\s*(style|script|title)\s*>|<[^>]*>`)
)

// shorten returns an error that is as short as a summary and has no secrets, though a shop has put its own texts into it. Of a long one, only
// the text is kept.
func shorten(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	hasSecret := slices.ContainsFunc(secrets, func(secret string) bool { return secret != "" && strings.Contains(text, secret) })
	if len(text) <= maxSummary && !hasSecret {
		return err
	}
	return errors.New(summarize([]byte(text), secrets))
}

// summarize returns an answer as one short line, without markup and without secrets: neither the given ones nor what looks
// like one.
func summarize(answer []byte, secrets []string) string {
	text := string(answer[:min(len(answer), maxSummarized)])
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, hidden)
		}
	}
	for _, secret := range secretPatterns {
		text = secret.pattern.ReplaceAllString(text, secret.replacement)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		text = markup.ReplaceAllString(text, " ")
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxSummary {
		text = strings.TrimSpace(string(runes[:maxSummary-1])) + "…"
	}
	return text
}
