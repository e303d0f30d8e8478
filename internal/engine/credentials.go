package engine

import (
	"fmt"
	"io"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Lengths of secrets, in characters. 24 of 62 letters and digits are 142 bits.
const (
	passwordLength = 24
	// SecretLength is the usual length of a secret that no person types.
	SecretLength = 43
)

// Keys of a store's Secret that every engine has, beside those that people are shown.
const (
	KeyAdminPasswordHash = "admin-password-hash" // #nosec G101 -- the name of a key
	keyDatabasePassword  = "database-password"   // #nosec G101 -- the name of a key
)

// Credentials generates the secrets of a store from random, which must be cryptographically secure. The keys are those of the
// store's Secret. Hashing the administrator's password takes about a tenth of a second of one CPU.
func (e Engine) Credentials(random io.Reader, adminEmail string) (map[string]string, error) {
	credentials := map[string]string{v1alpha1.KeyAdminEmail: adminEmail}
	if err := AddSecrets(random, credentials, passwordLength, v1alpha1.KeyAdminPassword); err != nil {
		return nil, err
	}
	if err := AddSecrets(random, credentials, SecretLength, keyDatabasePassword); err != nil {
		return nil, err
	}
	if e.Secrets == nil {
		return credentials, nil
	}
	if err := e.Secrets(random, credentials); err != nil {
		return nil, err
	}
	return credentials, nil
}

// AddSecrets adds a random text of letters and digits for each key, of the length given in characters.
func AddSecrets(random io.Reader, credentials map[string]string, length int, keys ...string) error {
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
			// Bytes past the last whole multiple of the alphabet would favor its first letters.
			if int(b) < 256-256%len(alphabet) && len(text) < length {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text), nil
}
