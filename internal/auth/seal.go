package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

// minKey is the least length of the text that the cookies' key is made from, in characters.
const minKey = 32

// Sealer encrypts what browsers keep in cookies, so that they can neither read nor make them.
type Sealer struct {
	aead cipher.AEAD
}

// NewSealer returns a sealer whose key is made from the secret text. Servers of one platform share it.
func NewSealer(secret string) (*Sealer, error) {
	if len(secret) < minKey {
		return nil, fmt.Errorf("the session key has %d characters; it needs at least %d", len(secret), minKey)
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "shopflow cookies", 32)
	if err != nil {
		return nil, fmt.Errorf("make the cookies' key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the cookies' key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make the cookies' key: %w", err)
	}
	return &Sealer{aead: aead}, nil
}

// ReadSealer returns a sealer for the secret text in the file.
func ReadSealer(path string) (*Sealer, error) {
	secret, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own flag
	if err != nil {
		return nil, fmt.Errorf("read the session key: %w", err)
	}
	return NewSealer(strings.TrimSpace(string(secret)))
}

// Seal encrypts the content for one purpose: what was sealed for one cookie does not open as another.
func (s *Sealer) Seal(purpose string, content []byte) string {
	sealed := s.aead.Seal(nil, nil, content, []byte(purpose)) // #nosec G407 -- this cipher makes a random nonce itself
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Open decrypts what Seal made for the same purpose.
func (s *Sealer) Open(purpose, sealed string) ([]byte, error) {
	content, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errors.New("open a cookie: it is not encoded as one")
	}
	content, err = s.aead.Open(nil, nil, content, []byte(purpose))
	if err != nil {
		return nil, errors.New("open a cookie: it was not sealed here")
	}
	return content, nil
}
