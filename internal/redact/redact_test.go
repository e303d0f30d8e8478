package redact_test

import (
	"strings"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/redact"
)

func TestSecrets(t *testing.T) {
	secrets := redact.New(map[string][]byte{
		"databasePassword": []byte("hunter22hunter22"), "short": []byte("abc"),
		v1alpha1.KeyAdminEmail: []byte("me@example.com"), v1alpha1.KeyPublishableKey: []byte("pk_0123456789"),
	})
	for text, want := range map[string]string{
		"":                                       "",
		"nothing to hide":                        "nothing to hide",
		"postgres://u:hunter22hunter22@database": "postgres://u:[secret]@database",
		"hunter22hunter22hunter22hunter22":       "[secret][secret]",
		"abc of me@example.com with pk_0123456789": "abc of me@example.com with pk_0123456789",
	} {
		if got := secrets.From(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := (redact.Secrets{}).From("as it is"); got != "as it is" {
		t.Errorf("without secrets: %q", got)
	}
}

// TestCut cuts a text at each byte of a secret in it.
func TestCut(t *testing.T) {
	const secret = "hunter22hunter22"
	secrets := redact.New(map[string][]byte{"password": []byte(secret)})
	for at := range len(secret) {
		text := strings.Repeat("x", redact.Longest) + "password is " + secret[:at+1]
		if got := secrets.Cut(text); strings.Contains(got, "hunt") || !strings.HasPrefix(got, "xxxx") {
			t.Errorf("cut after %d: %q", at+1, got[len(got)-20:])
		}
	}
	if got := secrets.Cut("short"); got != "" {
		t.Errorf("a short text may be part of a secret, got %q", got)
	}
}
