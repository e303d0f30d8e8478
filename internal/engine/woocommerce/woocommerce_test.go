package woocommerce

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/source"
)

func TestEngine(t *testing.T) { enginetest.Run(t, Engine(), fake().With) }

// TestVersion compares the version with that of the images.
func TestVersion(t *testing.T) {
	sources, err := source.Read("../../../images/sources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, pinned := range sources {
		if pinned.Name == "woocommerce" && pinned.Version != Engine().Version {
			t.Errorf("images/sources.yaml pins WooCommerce %s, the engine says %s", pinned.Version, Engine().Version)
		}
	}
}

func TestCredentials(t *testing.T) {
	credentials, err := Engine().Credentials(rand.Reader, enginetest.Owner)
	if err != nil {
		t.Fatal(err)
	}
	for key, pattern := range map[string]string{
		"admin-password-hash": `^\$wp\$2y\$10\$[A-Za-z0-9./]{53}$`, "wordpress-salt": `^[A-Za-z0-9]{64}$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(credentials[key]) {
			t.Errorf("%s does not match %s", key, pattern)
		}
	}
	if len(credentials) != 5 {
		t.Errorf("%d credentials, want 5", len(credentials))
	}
}

// TestPasswordHash checks a hash as WordPress does: bcrypt over a hash of the trimmed password.
func TestPasswordHash(t *testing.T) {
	hash, err := hashPassword(" secret ")
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
	if again, err := hashPassword("secret"); err != nil || again == hash {
		t.Errorf("two hashes of one password are the same (%v)", err)
	}
}
