package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"

	"golang.org/x/crypto/scrypt"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Lengths of secrets, in characters. 24 of 62 letters and digits are 142 bits.
const (
	passwordLength = 24
	secretLength   = 43
)

// Credentials makes a store's secrets from random, which must be cryptographically sure. The keys are those of the
// store's Secret. It takes about a tenth of a second of one CPU, because the administrator's password is hashed.
func Credentials(random io.Reader, adminEmail string) (map[string]string, error) {
	credentials := map[string]string{v1alpha1.KeyAdminEmail: adminEmail}
	for key, length := range map[string]int{
		v1alpha1.KeyAdminPassword: passwordLength,
		"database-password":       secretLength,
		"cache-password":          secretLength,
		"jwt-secret":              secretLength,
		"cookie-secret":           secretLength,
	} {
		text, err := randomText(random, length)
		if err != nil {
			return nil, err
		}
		credentials[key] = text
	}
	key := make([]byte, 32)
	salt := make([]byte, 32)
	for _, buffer := range [][]byte{key, salt} {
		if _, err := io.ReadFull(random, buffer); err != nil {
			return nil, fmt.Errorf("read randomness: %w", err)
		}
	}
	credentials[v1alpha1.KeyPublishableKey] = "pk_" + hex.EncodeToString(key)
	hash, err := medusaHash(credentials[v1alpha1.KeyAdminPassword], salt)
	if err != nil {
		return nil, err
	}
	credentials["admin-password-hash"] = hash
	return credentials, nil
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

// medusaHash returns the form in which Medusa keeps a password: the header of the scrypt file format with its
// parameters and salt, a checksum of that, and a signature by a key derived from the password, in base64.
func medusaHash(password string, salt []byte) (string, error) {
	const logN, r, p = 15, 8, 1
	block := make([]byte, 0, 96)
	block = append(block, "scrypt"...)
	block = append(block, 0, logN)
	block = binary.BigEndian.AppendUint32(block, r)
	block = binary.BigEndian.AppendUint32(block, p)
	block = append(block, salt...)
	sum := sha256.Sum256(block)
	block = append(block, sum[:16]...)
	derived, err := scrypt.Key([]byte(password), salt, 1<<logN, r, p, 64)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	signature := hmac.New(sha256.New, derived[32:])
	signature.Write(block)
	return base64.StdEncoding.EncodeToString(signature.Sum(block)), nil
}
