// Package redact removes a store's secrets from texts that people read: logs, and the last messages of containers.
package redact

import (
	"strings"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// minLength is the length of the shortest text that counts as a secret, in bytes: a shorter one would hide half of every line.
	minLength = 6
	// Longest is more than the length of any secret, in bytes. Code that cuts a text must redact it first and drop that much of its end.
	Longest = 1 << 10
	// placeholder replaces a secret.
	placeholder = "[secret]"
)

// Secrets are the texts to remove. The zero value removes none.
type Secrets struct {
	replacer *strings.Replacer
}

// New returns the secrets among a store's credentials, which are the data of its Secret by key. The administrator's email address and the
// publishable key, which every storefront contains, are no secrets.
func New(credentials map[string][]byte) Secrets {
	var pairs []string
	for key, value := range credentials {
		public := key == v1alpha1.KeyAdminEmail || key == v1alpha1.KeyPublishableKey
		if !public && len(value) >= minLength {
			pairs = append(pairs, string(value), placeholder)
		}
	}
	return Secrets{replacer: strings.NewReplacer(pairs...)}
}

// From returns the text without the secrets.
func (s Secrets) From(text string) string {
	if s.replacer == nil {
		return text
	}
	return s.replacer.Replace(text)
}

// Cut returns the beginning of a text whose end is missing, without the secrets: neither a whole one nor one that was cut.
func (s Secrets) Cut(text string) string {
	text = s.From(text)
	return strings.ToValidUTF8(text[:max(0, len(text)-Longest)], "")
}
