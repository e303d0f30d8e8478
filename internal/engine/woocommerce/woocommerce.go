// Package woocommerce is the engine WooCommerce: a web pod of nginx, PHP-FPM with WordPress and the timer of background jobs, and
// MariaDB.
package woocommerce

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/engine"
)

const (
	// bcryptCost is the work factor that the store's own WordPress is set to: with another one it would hash the owner's
	// password again at the first sign-in.
	bcryptCost = 10
	// saltLength is that of WordPress's own salts, in characters.
	saltLength = 64
)

// Engine returns the engine.
func Engine() engine.Engine {
	return engine.Engine{
		Name:        "woocommerce",
		Title:       "WooCommerce",
		Description: "WordPress with its themes and plugins, for people who know it.",
		Version:     "11.0.1",
		Chart:       charts.Store("woocommerce"),
		Images:      []engine.Image{{Role: "web", Name: "woocommerce"}, {Role: "database", Name: "woocommerce-database"}},
		Installer:   engine.Image{Role: "build", Name: "woocommerce-build"},
		AdminPath:   "/wp-admin/",
		Components: []engine.Component{
			{Name: "web", Title: "Web", RequiredForSale: true},
			// Not required for a sale: the web pod is ready only when the database has answered it, and that is known sooner than
			// the database's own readiness.
			{Name: engine.Database, Title: "Database"},
		},
		Frontend: "web",
		Plans:    plans(),
		Secrets:  secrets,
		Machine:  true,
		NewShop:  newShop,
	}
}

func plans() map[v1alpha1.Plan]engine.Size {
	plan := func(storage string, php, nginx, cron, database engine.Resources) engine.Size {
		return engine.Size{DatabaseStorage: storage, UploadsStorage: storage, Containers: []engine.Container{
			{Component: "web", Name: "php", Rolls: true, Resources: php},
			{Component: "web", Name: "nginx", Rolls: true, Resources: nginx},
			{Component: "web", Name: "cron", Rolls: true, Resources: cron},
			{Component: engine.Database, Name: engine.Database, Resources: database},
		}}
	}
	resources := func(cpuRequest, cpuLimit, memoryRequest, memoryLimit string) engine.Resources {
		return engine.Resources{CPURequest: cpuRequest, CPULimit: cpuLimit, MemoryRequest: memoryRequest, MemoryLimit: memoryLimit}
	}
	// A photo of 12 megapixels, of which WordPress creates seven sizes, needs at least 256 MiB of PHP.
	return map[v1alpha1.Plan]engine.Size{
		v1alpha1.PlanSmall: plan("1Gi",
			resources("40m", "2", "112Mi", "320Mi"), resources("10m", "1", "16Mi", "64Mi"),
			resources("5m", "200m", "8Mi", "32Mi"), resources("30m", "2", "80Mi", "192Mi")),
		v1alpha1.PlanMedium: plan("5Gi",
			resources("200m", "2", "192Mi", "512Mi"), resources("20m", "1", "24Mi", "96Mi"),
			resources("5m", "200m", "8Mi", "32Mi"), resources("100m", "2", "128Mi", "384Mi")),
		v1alpha1.PlanLarge: plan("20Gi",
			resources("500m", "4", "320Mi", "1Gi"), resources("50m", "2", "32Mi", "128Mi"),
			resources("5m", "200m", "8Mi", "32Mi"), resources("500m", "4", "256Mi", "1Gi")),
	}
}

func secrets(random io.Reader, credentials map[string]string) error {
	if err := engine.AddSecrets(random, credentials, saltLength, "wordpress-salt"); err != nil {
		return err
	}
	hash, err := hashPassword(credentials[v1alpha1.KeyAdminPassword])
	credentials[engine.KeyAdminPasswordHash] = hash
	return err
}

// hashPassword returns the form in which WordPress keeps a password since 6.8. The password is hashed once before, as
// bcrypt looks at no more than 72 bytes. The salt is bcrypt's own.
func hashPassword(password string) (string, error) {
	digest := hmac.New(sha512.New384, []byte("wp-sha384"))
	digest.Write([]byte(strings.TrimSpace(password)))
	text := base64.StdEncoding.EncodeToString(digest.Sum(nil))
	hash, err := bcrypt.GenerateFromPassword([]byte(text), bcryptCost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	// PHP calls the same algorithm 2y, and takes a hash with another name for outdated.
	return "$wp$2y$" + strings.TrimPrefix(string(hash), "$2a$"), nil
}
