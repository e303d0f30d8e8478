package engine

import (
	"fmt"
	"io"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// Lengths of secrets, in characters. 24 of 62 letters and digits are 142 bits.
const (
	passwordLength = 24
	secretLength   = 43
	saltLength     = 64
)

// Keys of a store's Secret that every kind of shop has, beside those that people are shown.
const (
	keyAdminPasswordHash = "admin-password-hash" // #nosec G101 -- the name of a key
	keyDatabasePassword  = "database-password"   // #nosec G101 -- the name of a key
)

// Credentials makes the secrets of a store from random, which must be cryptographically sure. The keys are those of the
// store's Secret. It takes about a tenth of a second of one CPU, because the administrator's password is hashed.
func Credentials(random io.Reader, engine v1alpha1.Engine, adminEmail string) (map[string]string, error) {
	kind, ok := kinds()[engine]
	if !ok {
		return nil, fmt.Errorf("engine %s is %w", engine, catalog.ErrUnavailable)
	}
	credentials := map[string]string{v1alpha1.KeyAdminEmail: adminEmail}
	if err := addTexts(random, credentials, passwordLength, v1alpha1.KeyAdminPassword); err != nil {
		return nil, err
	}
	if err := addTexts(random, credentials, secretLength, keyDatabasePassword); err != nil {
		return nil, err
	}
	if err := kind.secrets(random, credentials); err != nil {
		return nil, err
	}
	return credentials, nil
}

// addTexts adds a random text for each key.
func addTexts(random io.Reader, credentials map[string]string, length int, keys ...string) error {
	for _, key := range keys {
		text, err := randomText(random, length)
		if err != nil {
			return err
		}
		credentials[key] = text
	}
	return nil
}

// randomText returns letters and digits, each equally likely.
func randomText(random io.Reader, length int) (string, error) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, 0, length)
	buffer := make([]byte, 2*length)
	for len(text) < length {
		if _, err := io.ReadFull(random, buffer); err != nil {
			return "", fmt.Errorf("read randomness: %w", err)
		}
		for _, b := range buffer {
			// Bytes past the last whole multiple of the alphabet would favour its first letters.
			if int(b) < 256-256%len(alphabet) && len(text) < length {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text), nil
}
