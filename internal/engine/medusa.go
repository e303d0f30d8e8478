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

// medusa is a Medusa store: a server with the storefront, a worker for jobs, PostgreSQL and Valkey.
type medusa struct{}

func (medusa) images() []string    { return []string{"medusa", "database", "cache"} }
func (medusa) adminPath() string   { return "/app" }
func (medusa) entrance() string    { return "server" }
func (medusa) sellsWith() []string { return []string{"cache", Database, "server"} }

func (medusa) sizes() map[v1alpha1.Plan]Size {
	plan := func(storage string, server, worker, database, cache Resources) Size {
		return Size{DatabaseStorage: storage, UploadsStorage: storage, Containers: []Container{
			{Component: "server", Name: "server", Rolls: true, Resources: server},
			{Component: "worker", Name: "worker", Rolls: true, Resources: worker},
			{Component: Database, Name: Database, Resources: database},
			{Component: "cache", Name: "cache", Resources: cache},
		}}
	}
	return map[v1alpha1.Plan]Size{
		v1alpha1.PlanSmall: plan("1Gi",
			Resources{"50m", "2", "288Mi", "512Mi"}, Resources{"20m", "2", "224Mi", "384Mi"},
			Resources{"30m", "2", "64Mi", "256Mi"}, Resources{"20m", "1", "24Mi", "96Mi"}),
		v1alpha1.PlanMedium: plan("5Gi",
			Resources{"200m", "2", "384Mi", "768Mi"}, Resources{"50m", "2", "256Mi", "512Mi"},
			Resources{"100m", "2", "256Mi", "512Mi"}, Resources{"30m", "1", "32Mi", "128Mi"}),
		v1alpha1.PlanLarge: plan("20Gi",
			Resources{"500m", "4", "512Mi", "1Gi"}, Resources{"100m", "2", "384Mi", "768Mi"},
			Resources{"500m", "4", "512Mi", "2Gi"}, Resources{"50m", "1", "64Mi", "256Mi"}),
	}
}

func (medusa) values(size Size) map[string]any {
	return map[string]any{
		"server": map[string]any{"replicas": 1, "resources": size.resources("server")},
		"worker": map[string]any{"replicas": 1, "resources": size.resources("worker")},
		"cache":  map[string]any{"resources": size.resources("cache")},
	}
}

func (medusa) secrets(random io.Reader, credentials map[string]string) error {
	if err := addTexts(random, credentials, secretLength, "cache-password", "jwt-secret", "cookie-secret"); err != nil {
		return err
	}
	key, salt := make([]byte, 32), make([]byte, 32)
	for _, buffer := range [][]byte{key, salt} {
		if _, err := io.ReadFull(random, buffer); err != nil {
			return fmt.Errorf("read randomness: %w", err)
		}
	}
	credentials[v1alpha1.KeyPublishableKey] = "pk_" + hex.EncodeToString(key)
	hash, err := medusaHash(credentials[v1alpha1.KeyAdminPassword], salt)
	credentials[keyAdminPasswordHash] = hash
	return err
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
