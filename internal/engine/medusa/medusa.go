// Package medusa is the engine Medusa: a server with the storefront, a worker for jobs, PostgreSQL and Valkey.
package medusa

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
	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/engine"
)

// Engine returns the engine.
func Engine() engine.Engine {
	return engine.Engine{
		Name:        "medusa",
		Title:       "Medusa",
		Description: "A modern shop with a fast storefront, for people who want to build on it.",
		Version:     "2.21.2",
		Chart:       charts.Store("medusa"),
		Images: []engine.Image{
			{Role: "medusa", Name: "medusa"}, {Role: "database", Name: "medusa-database"}, {Role: "cache", Name: "valkey"},
		},
		Installer: engine.Image{Role: "medusaBuild", Name: "medusa-build"},
		AdminPath: "/app",
		Components: []engine.Component{
			{Name: "server", Title: "Server", RequiredForSale: true},
			{Name: "worker", Title: "Worker"},
			{Name: engine.Database, Title: "Database", RequiredForSale: true},
			{Name: "cache", Title: "Cache", RequiredForSale: true},
		},
		Frontend: "server",
		Plans:    plans(),
		Keys:     []engine.Key{{Name: v1alpha1.KeyPublishableKey, Title: "Publishable key"}},
		Secrets:  secrets,
		Machine:  true,
		NewShop:  newShop,
	}
}

func plans() map[v1alpha1.Plan]engine.Size {
	plan := func(storage string, server, worker, database, cache engine.Resources) engine.Size {
		return engine.Size{DatabaseStorage: storage, UploadsStorage: storage, Containers: []engine.Container{
			{Component: "server", Name: "server", Rolls: true, Resources: server},
			{Component: "worker", Name: "worker", Rolls: true, Resources: worker},
			{Component: engine.Database, Name: engine.Database, Resources: database},
			{Component: "cache", Name: "cache", Resources: cache},
		}}
	}
	resources := func(cpuRequest, cpuLimit, memoryRequest, memoryLimit string) engine.Resources {
		return engine.Resources{CPURequest: cpuRequest, CPULimit: cpuLimit, MemoryRequest: memoryRequest, MemoryLimit: memoryLimit}
	}
	return map[v1alpha1.Plan]engine.Size{
		v1alpha1.PlanSmall: plan("1Gi",
			resources("50m", "2", "288Mi", "512Mi"), resources("20m", "2", "224Mi", "384Mi"),
			resources("30m", "2", "64Mi", "256Mi"), resources("20m", "1", "24Mi", "96Mi")),
		v1alpha1.PlanMedium: plan("5Gi",
			resources("200m", "2", "384Mi", "768Mi"), resources("50m", "2", "256Mi", "512Mi"),
			resources("100m", "2", "256Mi", "512Mi"), resources("30m", "1", "32Mi", "128Mi")),
		v1alpha1.PlanLarge: plan("20Gi",
			resources("500m", "4", "512Mi", "1Gi"), resources("100m", "2", "384Mi", "768Mi"),
			resources("500m", "4", "512Mi", "2Gi"), resources("50m", "1", "64Mi", "256Mi")),
	}
}

func secrets(random io.Reader, credentials map[string]string) error {
	if err := engine.AddSecrets(random, credentials, engine.SecretLength, "cache-password", "jwt-secret", "cookie-secret"); err != nil {
		return err
	}
	key, salt := make([]byte, 32), make([]byte, 32)
	for _, buffer := range [][]byte{key, salt} {
		if _, err := io.ReadFull(random, buffer); err != nil {
			return fmt.Errorf("read randomness: %w", err)
		}
	}
	credentials[v1alpha1.KeyPublishableKey] = "pk_" + hex.EncodeToString(key)
	hash, err := hashPassword(credentials[v1alpha1.KeyAdminPassword], salt)
	credentials[engine.KeyAdminPasswordHash] = hash
	return err
}

// hashPassword returns the form in which Medusa keeps a password: the header of the scrypt file format with its
// parameters and salt, a checksum of that, and a signature by a key derived from the password, in base64.
func hashPassword(password string, salt []byte) (string, error) {
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
