package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"shopflow.dev/shopflow/internal/problem"
)

// The cost of a password's hash: the second of OWASP's equivalent choices for argon2id.
const (
	hashMemory     = 19 << 10 // KiB
	hashIterations = 2
	hashThreads    = 1
	saltLength     = 16
	hashLength     = 32
	// maxConcurrentHashes bounds the memory that sign-ins take: further ones wait.
	maxConcurrentHashes = 3
)

// hasher computes and checks hashes of passwords in the PHC format.
type hasher struct {
	slots chan struct{}
	dummy string // a hash that no password has
}

func newHasher() *hasher {
	h := &hasher{slots: make(chan struct{}, maxConcurrentHashes)}
	h.dummy = encodeHash([]byte(rand.Text())[:saltLength], []byte(rand.Text() + rand.Text())[:hashLength])
	return h
}

// hash returns the hash of the password with a new salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // Never returns an error.
	return encodeHash(salt, argon2.IDKey([]byte(password), salt, hashIterations, hashMemory, hashThreads, hashLength)), nil
}

// check acquires a slot and compares.
func (h *hasher) check(ctx context.Context, hash, password string) (bool, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	return h.compare(hash, password)
}

// compare reports whether the password has the hash. Without a hash it takes the same time and returns false. The caller
// holds a slot.
func (h *hasher) compare(hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	var memory, time uint32
	var threads uint8
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, fmt.Errorf("read a password's hash: not argon2id")
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false, fmt.Errorf("read a password's hash: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil {
		return false, fmt.Errorf("read a password's salt: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil || len(want) == 0 {
		return false, fmt.Errorf("read a password's hash: %w", err)
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want))) //nolint:gosec // a hash is short
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// acquire waits for one of the slots in which hashes are computed, and returns what releases it.
func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	busy := &problem.Error{Kind: problem.Unavailable, Message: "Too many people are signing in. Retry in a moment.", Err: ctx.Err()}
	if busy.Err != nil { // With both channels ready, select would take either.
		return nil, busy
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		busy.Err = ctx.Err()
		return nil, busy
	}
}

func encodeHash(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashIterations, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}
