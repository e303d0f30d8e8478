package shopper

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	// maxSummary is the length of a summary in characters.
	maxSummary = 200
	// maxSummarised bounds what of an answer is looked at.
	maxSummarised = 16 << 10
	hidden        = "[hidden]"
)

// summarise makes one short line of an answer, without markup and without secrets: neither the given ones nor what looks
// like one.
func summarise(answer []byte, secrets []string) string {
	text := string(answer[:min(len(answer), maxSummarised)])
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, hidden)
		}
	}
	for _, looks := range []struct{ like, becomes string }{
		// A field of JSON, a form or a query with a telling name.
		{`(?i)("[^"]*(?:password|token|secret|key|nonce|cookie|authorization)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"?`, `${1}"` + hidden + `"`},
		{`(?i)\b([\w-]*(?:password|token|secret|key|nonce|cookie)[\w-]*=)[^&\s;"']+`, `${1}` + hidden},
		{`(?i)\b(bearer|basic)\s+[\w.~+/=-]+`, `${1} ` + hidden},
		// Keys of Medusa, and JSON Web Tokens.
		{`\b(?:pk|sk)_[0-9a-fA-F]{8,}`, hidden},
		{`\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?`, hidden},
	} {
		text = regexp.MustCompile(looks.like).ReplaceAllString(text, looks.becomes)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		text = regexp.MustCompile(`(?is)<(style|script|title)\b.*?</\s*(style|script|title)\s*>|<[^>]*>`).ReplaceAllString(text, " ")
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
