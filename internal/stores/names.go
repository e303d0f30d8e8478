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
	// Suggestion is a similar name that is free, empty if the name is or there is none.
	Suggestion string
}

// CheckName says whether a store could have the name. It reserves nothing, and does not say whose store has a taken name.
func (s *Service) CheckName(ctx context.Context, name string) (NameCheck, error) {
	switch reason := validateName(name); {
	case slices.Contains(reserved(), name):
		suggestion, err := s.similar(ctx, name)
		return NameCheck{Status: NameReserved, Reason: reason, Suggestion: suggestion}, err
	case reason != "":
		return NameCheck{Status: NameInvalid, Reason: reason}, nil
	}
	check := NameCheck{Status: NameFree, URL: s.platform.StoreURL(name)}
	if free, err := s.isFree(ctx, name); err != nil || free {
		return check, err
	}
	check.Status, check.Reason = NameTaken, "This name is taken; choose another"
	var err error
	check.Suggestion, err = s.similar(ctx, name)
	return check, err
}

func (s *Service) isFree(ctx context.Context, name string) (bool, error) {
	err := s.objects.Get(ctx, client.ObjectKey{Name: name}, &v1alpha1.Store{})
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, FromKubernetes(fmt.Errorf("check name %s: %w", name, err))
	}
	return false, nil
}

// maxSuggestions bounds how many names are tried for one suggestion.
const maxSuggestions = 9

// similar returns a free name that begins like another one, empty if none of the first few is.
func (s *Service) similar(ctx context.Context, name string) (string, error) {
	stem := strings.TrimRight(name[:min(len(name), maxName-len("-10"))], "-")
	for number := 2; number < 2+maxSuggestions; number++ {
		candidate := fmt.Sprintf("%s-%d", stem, number)
		if validateName(candidate) != "" {
			continue
		}
		if free, err := s.isFree(ctx, candidate); err != nil || free {
			return candidate, err
		}
	}
	return "", nil
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
