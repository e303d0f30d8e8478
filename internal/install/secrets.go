package install

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// The keys of the platform's Secrets.
const (
	keyEmail    = "email"
	keyPassword = "password"
	keyToken    = "token"
)

// databaseUser is the name of the platform's own database and of the user that owns it, as its image creates them.
const databaseUser = "shopflow"

// Secrets names the Secrets of a platform. Those without a name are not created.
type Secrets struct {
	// Database holds the password and connection string of the platform's own PostgreSQL, which listens on DatabaseAddress (host:port).
	Database, DatabaseAddress string
	// Session holds the key that cookies are encrypted with.
	Session string
	// AdminToken holds the administrator's API token.
	AdminToken string
	// FirstAdmin holds the e-mail address, which is AdminEmail, and the password of the first administrator.
	FirstAdmin, AdminEmail string
}

// Create creates the Secrets that are missing and returns their names. It needs the right to create Secrets and no other, so it can
// neither read nor overwrite one that exists.
func (s Secrets) Create(ctx context.Context, clients kubernetes.Interface, namespace string) ([]string, error) {
	var created []string
	for _, secret := range s.new() {
		_, err := clients.CoreV1().Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			continue
		}
		if err != nil {
			return created, fmt.Errorf("create secret %s: %w", secret.Name, err)
		}
		created = append(created, secret.Name)
	}
	return created, nil
}

// new returns the Secrets with new random content.
func (s Secrets) new() []*corev1.Secret {
	password := rand.Text()
	dsn := url.URL{Scheme: "postgres", User: url.UserPassword(databaseUser, password), Host: s.DatabaseAddress, Path: "/" + databaseUser}
	var secrets []*corev1.Secret
	for _, secret := range []struct {
		name    string
		content map[string]string
	}{
		{s.Database, map[string]string{keyPassword: password, "dsn": dsn.String()}},
		{s.Session, map[string]string{"key": rand.Text() + rand.Text()}},
		{s.AdminToken, map[string]string{keyToken: "sft_" + rand.Text()}},
		{s.FirstAdmin, map[string]string{keyEmail: s.AdminEmail, keyPassword: rand.Text()}},
	} {
		if secret.name != "" {
			secrets = append(secrets, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Name: secret.name, Labels: map[string]string{labelPartOf: partOf}},
				StringData: secret.content,
			})
		}
	}
	return secrets
}
