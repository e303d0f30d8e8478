// Package redact takes a store's secrets out of texts that people read: logs, and what a container said before it ended.
package redact

import (
	"strings"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// shortest is the least length of what is taken out, in bytes: a shorter text would hide half of every line.
	shortest = 6
	// Longest is more than the length of any secret, in bytes. Whoever cuts a text must look for secrets first, and give up as much of
	// its end.
	Longest = 1 << 10
	// mark stands where a secret was.
	mark = "[secret]"
)

// Secrets are what must not be read. The zero value knows none.
type Secrets struct {
	replacer *strings.Replacer
}

// New returns the secrets among a store's credentials, which are the data of its Secret by key. The administrator's address and the
// publishable key, which every storefront shows, are none.
func New(credentials map[string][]byte) Secrets {
	var pairs []string
	for key, value := range credentials {
		open := key == v1alpha1.KeyAdminEmail || key == v1alpha1.KeyPublishableKey
		if !open && len(value) >= shortest {
			pairs = append(pairs, string(value), mark)
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

// Cut returns the beginning of a text that was itself cut at its end, without the secrets: neither a whole one nor the half of one
// that the cut went through.
func (s Secrets) Cut(text string) string {
	text = s.From(text)
	return strings.ToValidUTF8(text[:max(0, len(text)-Longest)], "")
}
