package engine

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

func TestCredentials(t *testing.T) {
	same := map[string]string{
		"admin-email": `^owner@demo\.example$`, "admin-password": `^[A-Za-z0-9]{24}$`, "database-password": `^[A-Za-z0-9]{43}$`,
	}
	for engine, own := range map[v1alpha1.Engine]map[string]string{
		v1alpha1.EngineMedusa: {
			"admin-password-hash": `^[A-Za-z0-9+/]{128}$`, "cache-password": `^[A-Za-z0-9]{43}$`, "jwt-secret": `^[A-Za-z0-9]{43}$`,
			"cookie-secret": `^[A-Za-z0-9]{43}$`, "publishable-key": `^pk_[0-9a-f]{64}$`,
		},
		v1alpha1.EngineWooCommerce: {
			"admin-password-hash": `^\$wp\$2y\$10\$[A-Za-z0-9./]{53}$`, "wordpress-salt": `^[A-Za-z0-9]{64}$`,
		},
	} {
		t.Run(string(engine), func(t *testing.T) {
			got, err := Credentials(rand.Reader, engine, "owner@demo.example")
			if err != nil {
				t.Fatal(err)
			}
			for _, patterns := range []map[string]string{same, own} {
				for key, pattern := range patterns {
					if !regexp.MustCompile(pattern).MatchString(got[key]) {
						t.Errorf("%s does not match %s", key, pattern)
					}
				}
			}
			if want := len(same) + len(own); len(got) != want {
				t.Errorf("%d keys, want %d", len(got), want)
			}
			seen := map[string]string{}
			for key, value := range got {
				if other, ok := seen[value]; ok {
					t.Errorf("%s and %s are the same", key, other)
				}
				seen[value] = key
			}
		})
	}
	if _, err := Credentials(rand.Reader, "other", "owner@demo.example"); !errors.Is(err, catalog.ErrUnavailable) {
		t.Errorf("an engine that nobody knows got credentials (%v)", err)
	}
}

// TestWordPressHash checks a hash as WordPress does: bcrypt over a hash of the trimmed password.
func TestWordPressHash(t *testing.T) {
	hash, err := wordPressHash(" secret ")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"secret": true, "Secret": false} {
		digest := hmac.New(sha512.New384, []byte("wp-sha384"))
		digest.Write([]byte(password))
		text := base64.StdEncoding.EncodeToString(digest.Sum(nil))
		// Go knows PHP's name of the algorithm, too.
		err := bcrypt.CompareHashAndPassword([]byte(strings.TrimPrefix(hash, "$wp")), []byte(text))
		if got := err == nil; got != want {
			t.Errorf("password %q is accepted: %v, want %v (%v)", password, got, want, err)
		}
	}
	if again, err := wordPressHash("secret"); err != nil || again == hash {
		t.Errorf("two hashes of one password are the same (%v)", err)
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
	for _, engine := range Names() {
		// Each kind of shop reads more than this.
		for _, enough := range []int64{0, 48, 134} {
			random := io.MultiReader(io.LimitReader(rand.Reader, enough), iotest.ErrReader(broken))
			if got, err := Credentials(random, engine, "a@b.c"); !errors.Is(err, broken) || got != nil {
				t.Errorf("%s with %d bytes: got %d secrets (%v)", engine, enough, len(got), err)
			}
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
