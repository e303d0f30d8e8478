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
	hashMemory  = 19 << 10 // KiB
	hashTime    = 2
	hashThreads = 1
	saltLength  = 16
	hashLength  = 32
	// hashesAtOnce bounds the memory that sign-ins take: many at once wait for each other.
	hashesAtOnce = 3
)

// hasher makes and checks hashes of passwords in the PHC form.
type hasher struct {
	slots chan struct{}
	dummy string // the hash of nobody's password
}

func newHasher() *hasher {
	h := &hasher{slots: make(chan struct{}, hashesAtOnce)}
	h.dummy = encodeHash([]byte(rand.Text())[:saltLength], []byte(rand.Text() + rand.Text())[:hashLength])
	return h
}

// hash returns the hash of the password with a new salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // Never returns an error.
	return encodeHash(salt, argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength)), nil
}

// check waits for its turn and compares.
func (h *hasher) check(ctx context.Context, hash, password string) (bool, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return h.compare(hash, password)
}

// compare reports whether the password has the hash. Where there is no hash it takes the same time and says no. Only whoever has a
// turn calls it.
func (h *hasher) compare(hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	var memory, time uint32
	var threads uint8
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, fmt.Errorf("read a password's hash: it is not of argon2id")
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

// turn waits until few enough hashes are made, and returns what ends the turn.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	busy := &problem.Error{Kind: problem.Unavailable, Message: "Too many people sign in just now; try again in a moment", Err: ctx.Err()}
	if busy.Err != nil { // Where both could go on, select takes either.
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
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}
