package engine

import (
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCredentials(t *testing.T) {
	own := func(random io.Reader, credentials map[string]string) error {
		return AddSecrets(random, credentials, 10, "own")
	}
	got, err := Engine{Secrets: own}.Credentials(rand.Reader, "owner@demo.example")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"admin-email": `^owner@demo\.example$`, "admin-password": `^[A-Za-z0-9]{24}$`, "database-password": `^[A-Za-z0-9]{43}$`, "own": `^[A-Za-z0-9]{10}$`,
	}
	for key, pattern := range want {
		if !regexp.MustCompile(pattern).MatchString(got[key]) {
			t.Errorf("%s does not match %s", key, pattern)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d credentials, want %d", len(got), len(want))
	}
	broken := errors.New("no entropy")
	got, err = Engine{Secrets: func(io.Reader, map[string]string) error { return broken }}.Credentials(rand.Reader, "a@b.c")
	if diff := cmp.Diff(map[string]string(nil), got); diff != "" || !errors.Is(err, broken) {
		t.Errorf("an engine that fails has credentials (%v)", err)
	}
}

func TestEveryLetterIsEquallyLikely(t *testing.T) {
	text, err := randomText(rand.Reader, 62000)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[rune]int{}
	for _, letter := range text {
		counts[letter]++
	}
	if len(counts) != 62 {
		t.Errorf("%d different letters, want 62", len(counts))
	}
	for letter, count := range counts {
		// A thousand are expected; a bias of the plain remainder would give the first eight letters a quarter more.
		if count < 800 || count > 1200 {
			t.Errorf("%q comes %d times in 62000", letter, count)
		}
	}
}
