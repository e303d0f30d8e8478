package medusa

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"golang.org/x/crypto/scrypt"

	"shopflow.dev/shopflow/internal/engine/enginetest"
)

func TestEngine(t *testing.T) { enginetest.Run(t, Engine(), fake().With) }

// TestVersion compares the version with that of the images.
func TestVersion(t *testing.T) {
	content, err := os.ReadFile("../../../images/medusa-build/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Dependencies map[string]string }
	if err := json.Unmarshal(content, &manifest); err != nil {
		t.Fatal(err)
	}
	if got := manifest.Dependencies["@medusajs/medusa"]; got != Engine().Version {
		t.Errorf("images/medusa-build has Medusa %s, the engine says %s", got, Engine().Version)
	}
}

func TestCredentials(t *testing.T) {
	credentials, err := Engine().Credentials(rand.Reader, enginetest.Owner)
	if err != nil {
		t.Fatal(err)
	}
	for key, pattern := range map[string]string{
		"admin-password-hash": `^[A-Za-z0-9+/]{128}$`, "cache-password": `^[A-Za-z0-9]{43}$`, "jwt-secret": `^[A-Za-z0-9]{43}$`,
		"cookie-secret": `^[A-Za-z0-9]{43}$`, "publishable-key": `^pk_[0-9a-f]{64}$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(credentials[key]) {
			t.Errorf("%s does not match %s", key, pattern)
		}
	}
	if len(credentials) != 8 {
		t.Errorf("%d credentials, want 8", len(credentials))
	}
}

// TestPasswordHash checks a hash as Medusa does: by the parameters and the salt that are in it.
func TestPasswordHash(t *testing.T) {
	salt := bytes.Repeat([]byte{7}, 32)
	text, err := hashPassword("secret", salt)
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
