package stores

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// maxName bounds a name, in characters. The CRD does, too; here it gets a text for people.
const maxName = 40

var nameCharacters = regexp.MustCompile(`^[a-z0-9-]+$`)

// NameStatus says whether a name is available.
type NameStatus string

// The statuses of a name.
const (
	NameFree     NameStatus = "free"
	NameTaken    NameStatus = "taken"
	NameReserved NameStatus = "reserved"
	NameInvalid  NameStatus = "invalid"
)

// NameCheck is whether a store could have a name.
type NameCheck struct {
	Status NameStatus
	// Reason says why the name is not available.
	Reason string
	// URL is the address that the store would have.
	URL string
}

// CheckName says whether a store could have the name. It reserves nothing, and does not say whose store has a taken name.
func (s *Service) CheckName(ctx context.Context, name string) (NameCheck, error) {
	switch reason := validateName(name); {
	case slices.Contains(reserved(), name):
		return NameCheck{Status: NameReserved, Reason: reason}, nil
	case reason != "":
		return NameCheck{Status: NameInvalid, Reason: reason}, nil
	}
	check := NameCheck{Status: NameFree, URL: s.platform.StoreURL(name)}
	var store v1alpha1.Store
	err := s.objects.Get(ctx, client.ObjectKey{Name: name}, &store)
	switch {
	case apierrors.IsNotFound(err):
		return check, nil
	case err != nil:
		return NameCheck{}, FromKubernetes(fmt.Errorf("check name %s: %w", name, err))
	}
	check.Status, check.Reason = NameTaken, "This name is taken; choose another"
	return check, nil
}

// validateName returns why the name cannot be a store's, or "".
func validateName(name string) string {
	switch {
	case name == "":
		return "Give the store a name"
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("A name has at most %d characters; this one has %d", maxName, utf8.RuneCountInString(name))
	case name != strings.ToLower(name):
		return "A name has lowercase letters only, since it becomes part of a web address"
	case !nameCharacters.MatchString(name):
		return "A name has only the letters a to z, digits and hyphens, since it becomes part of a web address"
	case name[0] < 'a':
		return "A name begins with a letter"
	case strings.HasSuffix(name, "-"):
		return "A name ends with a letter or a digit"
	case strings.HasPrefix(name, "xn--"), strings.HasPrefix(name, "kube-"):
		return "A name does not begin with xn-- or kube-"
	case slices.Contains(reserved(), name):
		return "This name is reserved; choose another"
	default:
		return ""
	}
}

// reserved returns the names that are, or may become, the platform's own addresses or look like them.
func reserved() []string {
	return []string{
		"www", "api", "admin", "app", "mail", "smtp", "imap", "ftp", "login", "auth", "account", "static", "assets", "cdn",
		"status", "docs", "help", "support", "blog", "shop", "store", "stores", "dashboard", "autodiscover", "wpad",
		"localhost", "shopflow", "default", "system", "test-connection",
	}
}
