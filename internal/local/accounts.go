package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"shopflow.dev/shopflow/internal/apiclient"
)

const (
	databaseSecretName = "shopflow-database" // #nosec G101 -- the name of a Secret
	sessionSecretName  = "shopflow-session"
	adminSecretName    = "shopflow-first-admin" // #nosec G101 -- the name of a Secret
	adminEmail         = "admin@" + domain
)

// Admin is how the first administrator signs in.
type Admin struct {
	Email, Password string
	// Made tells that the account was made just now. Otherwise its password may have been changed.
	Made bool
}

// ensureAccounts makes the secrets that accounts need, on the first run.
func ensureAccounts(ctx context.Context, clients kubernetes.Interface) error {
	password := rand.Text()
	dsn := url.URL{Scheme: "postgres", User: url.UserPassword("shopflow", password), Host: "shopflow-database:5432", Path: "/shopflow"}
	if _, err := ensureSecret(ctx, clients, databaseSecretName, map[string]string{"password": password, "dsn": dsn.String()}); err != nil {
		return err
	}
	_, err := ensureSecret(ctx, clients, sessionSecretName, map[string]string{"key": rand.Text() + rand.Text()})
	return err
}

// ensureSecret returns the content of the Secret, and makes it with the content given if there is none.
func ensureSecret(ctx context.Context, clients kubernetes.Interface, name string, content map[string]string) (map[string][]byte, error) {
	secrets := clients.CoreV1().Secrets(systemNamespace)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: content}
	if _, err := secrets.Create(ctx, secret, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, fmt.Errorf("create secret %s: %w", name, err)
	}
	found, err := secrets.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", name, err)
	}
	return found.Data, nil
}

// ensureAdmin makes the first administrator's account on the first run, and returns how it signs in.
func (l *Local) ensureAdmin(ctx context.Context, clients kubernetes.Interface, token string) (Admin, error) {
	secret, err := ensureSecret(ctx, clients, adminSecretName, map[string]string{"email": adminEmail, "password": rand.Text()})
	if err != nil {
		return Admin{}, err
	}
	admin := Admin{Email: string(secret["email"]), Password: string(secret["password"])}
	platform, err := apiclient.New(apiclient.Config{Server: l.APIURL(), Token: token})
	if err != nil {
		return Admin{}, err
	}
	_, err = platform.CreateUser(ctx, apiclient.CreateUser{Email: admin.Email, Name: "Administrator", Password: admin.Password, Role: apiclient.RoleAdmin})
	if apiclient.IsCode(err, apiclient.ProblemCodeUserConflict) {
		return admin, nil
	}
	if err != nil {
		return Admin{}, fmt.Errorf("make the first administrator: %w", err)
	}
	admin.Made = true
	return admin, nil
}
