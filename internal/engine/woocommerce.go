package engine

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// wordPressCost is bcrypt's work factor, the one that the store's own WordPress is set to: with another one it would
// hash the owner's password anew at the first sign-in.
const wordPressCost = 10

// wooCommerce is a WordPress with WooCommerce: a web pod of nginx, PHP and the timer of background jobs, and MariaDB.
type wooCommerce struct{}

func (wooCommerce) images() []string  { return []string{"web", "database"} }
func (wooCommerce) adminPath() string { return "/wp-admin/" }
func (wooCommerce) entrance() string  { return "web" }

// sellsWith leaves the database out: the web pod is ready only when the database has answered it, and that is known
// sooner than the database's own readiness.
func (wooCommerce) sellsWith() []string { return []string{"web"} }

func (wooCommerce) sizes() map[v1alpha1.Plan]Size {
	plan := func(storage string, php, nginx, cron, database Resources) Size {
		return Size{DatabaseStorage: storage, UploadsStorage: storage, Containers: []Container{
			{Component: "web", Name: "php", Rolls: true, Resources: php},
			{Component: "web", Name: "nginx", Rolls: true, Resources: nginx},
			{Component: "web", Name: "cron", Rolls: true, Resources: cron},
			{Component: Database, Name: Database, Resources: database},
		}}
	}
	// A photo of 12 megapixels, for which seven sizes are made, does not fit into less than 256 MiB of PHP.
	return map[v1alpha1.Plan]Size{
		v1alpha1.PlanSmall: plan("1Gi",
			Resources{"40m", "2", "112Mi", "320Mi"}, Resources{"10m", "1", "16Mi", "64Mi"},
			Resources{"5m", "200m", "8Mi", "32Mi"}, Resources{"30m", "2", "80Mi", "192Mi"}),
		v1alpha1.PlanMedium: plan("5Gi",
			Resources{"200m", "2", "192Mi", "512Mi"}, Resources{"20m", "1", "24Mi", "96Mi"},
			Resources{"5m", "200m", "8Mi", "32Mi"}, Resources{"100m", "2", "128Mi", "384Mi"}),
		v1alpha1.PlanLarge: plan("20Gi",
			Resources{"500m", "4", "320Mi", "1Gi"}, Resources{"50m", "2", "32Mi", "128Mi"},
			Resources{"5m", "200m", "8Mi", "32Mi"}, Resources{"500m", "4", "256Mi", "1Gi"}),
	}
}

func (wooCommerce) values(size Size) map[string]any {
	return map[string]any{"web": map[string]any{"replicas": 1, "resources": map[string]any{
		"php": size.resources("php"), "nginx": size.resources("nginx"), "cron": size.resources("cron"),
	}}}
}

func (wooCommerce) secrets(random io.Reader, credentials map[string]string) error {
	if err := addTexts(random, credentials, saltLength, "wordpress-salt"); err != nil {
		return err
	}
	hash, err := wordPressHash(credentials[v1alpha1.KeyAdminPassword])
	credentials[keyAdminPasswordHash] = hash
	return err
}

// wordPressHash returns the form in which WordPress keeps a password since 6.8. The password is hashed once before, as
// bcrypt looks at no more than 72 bytes. The salt is bcrypt's own.
func wordPressHash(password string) (string, error) {
	digest := hmac.New(sha512.New384, []byte("wp-sha384"))
	digest.Write([]byte(strings.TrimSpace(password)))
	text := base64.StdEncoding.EncodeToString(digest.Sum(nil))
	hash, err := bcrypt.GenerateFromPassword([]byte(text), wordPressCost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	// PHP calls the same algorithm 2y, and a hash with another name for outdated.
	return "$wp$2y$" + strings.TrimPrefix(string(hash), "$2a$"), nil
}
