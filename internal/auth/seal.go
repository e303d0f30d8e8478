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

// minKeyLength is the minimum length of the secret that the cookie key is derived from, in characters.
const minKeyLength = 32

// Sealer encrypts cookies, so that browsers can neither read nor forge them.
type Sealer struct {
	aead cipher.AEAD
}

// NewSealer returns a sealer whose key is derived from the secret. The servers of a platform share it.
func NewSealer(secret string) (*Sealer, error) {
	if len(secret) < minKeyLength {
		return nil, fmt.Errorf("the session key has %d characters; it needs at least %d", len(secret), minKeyLength)
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "shopflow cookies", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the cookie key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive the cookie key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("derive the cookie key: %w", err)
	}
	return &Sealer{aead: aead}, nil
}

// ReadSealer returns a sealer for the secret in the file.
func ReadSealer(path string) (*Sealer, error) {
	secret, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own flag
	if err != nil {
		return nil, fmt.Errorf("read the session key: %w", err)
	}
	return NewSealer(strings.TrimSpace(string(secret)))
}

// Seal encrypts the content for one purpose: what was sealed for one cookie does not open as another.
func (s *Sealer) Seal(purpose string, content []byte) string {
	sealed := s.aead.Seal(nil, nil, content, []byte(purpose)) // #nosec G407 -- this cipher adds a random nonce itself
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Open decrypts what Seal returned for the same purpose.
func (s *Sealer) Open(purpose, sealed string) ([]byte, error) {
	content, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errors.New("open a cookie: invalid encoding")
	}
	content, err = s.aead.Open(nil, nil, content, []byte(purpose))
	if err != nil {
		return nil, errors.New("open a cookie: not sealed with this key")
	}
	return content, nil
}
