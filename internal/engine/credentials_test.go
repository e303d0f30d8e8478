package engine

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/scrypt"
)

func TestCredentials(t *testing.T) {
	got, err := Credentials(rand.Reader, "owner@demo.example")
	if err != nil {
		t.Fatal(err)
	}
	for key, pattern := range map[string]string{
		"admin-email":         `^owner@demo\.example$`,
		"admin-password":      `^[A-Za-z0-9]{24}$`,
		"admin-password-hash": `^[A-Za-z0-9+/]{128}$`,
		"database-password":   `^[A-Za-z0-9]{43}$`,
		"cache-password":      `^[A-Za-z0-9]{43}$`,
		"jwt-secret":          `^[A-Za-z0-9]{43}$`,
		"cookie-secret":       `^[A-Za-z0-9]{43}$`,
		"publishable-key":     `^pk_[0-9a-f]{64}$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(got[key]) {
			t.Errorf("%s does not match %s", key, pattern)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d keys, want 8", len(got))
	}
	seen := map[string]string{}
	for key, value := range got {
		if other, ok := seen[value]; ok {
			t.Errorf("%s and %s are the same", key, other)
		}
		seen[value] = key
	}
}

// TestMedusaHash checks a hash as Medusa does: by the parameters and the salt that are in it.
func TestMedusaHash(t *testing.T) {
	salt := bytes.Repeat([]byte{7}, 32)
	text, err := medusaHash("secret", salt)
	if err != nil {
		t.Fatal(err)
	}
	block, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(block) != 96 {
		t.Fatalf("%d bytes (%v), want 96", len(block), err)
	}
	header := append([]byte("scrypt\x00\x0f\x00\x00\x00\x08\x00\x00\x00\x01"), salt...)
	if !bytes.Equal(block[:48], header) {
		t.Errorf("header %x, want %x", block[:48], header)
	}
	sum := sha256.Sum256(block[:48])
	if !bytes.Equal(block[48:64], sum[:16]) {
		t.Error("the checksum is wrong")
	}
	for password, want := range map[string]bool{"secret": true, "Secret": false} {
		derived, err := scrypt.Key([]byte(password), block[16:48], 1<<15, 8, 1, 64)
		if err != nil {
			t.Fatal(err)
		}
		signature := hmac.New(sha256.New, derived[32:])
		signature.Write(block[:64])
		if got := hmac.Equal(signature.Sum(nil), block[64:]); got != want {
			t.Errorf("password %q is accepted: %v, want %v", password, got, want)
		}
	}
}

func TestNoRandomnessNoCredentials(t *testing.T) {
	broken := errors.New("no entropy")
	for _, random := range []io.Reader{iotest.ErrReader(broken), io.MultiReader(io.LimitReader(rand.Reader, 450), iotest.ErrReader(broken))} {
		if got, err := Credentials(random, "a@b.c"); !errors.Is(err, broken) || got != nil {
			t.Errorf("got %d secrets (%v)", len(got), err)
		}
	}
}

func TestEveryLetterIsAsLikely(t *testing.T) {
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
