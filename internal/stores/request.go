package stores

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// The limits of the Store's fields, in characters. The CRD has them too; here they get a text for people.
const (
	maxDisplayName = 80
	maxVersion     = 32
	maxEmail       = 254
)

var (
	versionPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}$`)
	emailPattern   = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
)

// Request is the settings of a store to be created.
type Request struct {
	Name        string
	Engine      v1alpha1.Engine
	Version     string
	Plan        v1alpha1.Plan
	DisplayName string
	AdminEmail  string
	Owner       string
}

// Validate returns an error of the kind Invalid that names every field that cannot be accepted. Engines are those that a store can
// name. The API server decides in the end; this says the same with more help, and before anything is written.
func (r Request) Validate(engines []Engine) error {
	var fields problem.Fields
	fields.Add("name", validateName(r.Name))
	fields.Add("engine", validateEngine(r.Engine, engines))
	if r.Plan != "" {
		fields.Add("plan", oneOf(string(r.Plan), "plan", plans()...))
	}
	fields.Add("version", validateVersion(r.Version))
	fields.Add("displayName", validateDisplayName(r.DisplayName))
	fields.Add("adminEmail", validateEmail(r.AdminEmail))
	return fields.Err()
}

// store returns the object to be created, with the defaults that the CRD would set.
func (r Request) store() *v1alpha1.Store {
	return &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: r.Name},
		Spec: v1alpha1.StoreSpec{
			DisplayName: r.DisplayName,
			Engine:      r.Engine,
			Version:     r.Version,
			Plan:        cmp.Or(r.Plan, v1alpha1.PlanSmall),
			Owner:       r.Owner,
			AdminEmail:  r.AdminEmail,
		},
	}
}

// differences names the settings in which the spec differs from the request.
func (r Request) differences(spec v1alpha1.StoreSpec) []string {
	want := r.store().Spec
	var names []string
	differ := func(name string, differs bool) {
		if differs {
			names = append(names, name)
		}
	}
	differ("engine", want.Engine != spec.Engine)
	differ("version", want.Version != "" && want.Version != spec.Version)
	differ("plan", want.Plan != spec.Plan)
	differ("display name", want.DisplayName != spec.DisplayName)
	differ("administrator's e-mail", want.AdminEmail != spec.AdminEmail)
	differ("owner", want.Owner != spec.Owner)
	return names
}

// plans returns the names of the plans, the smallest first.
func plans() []string {
	return []string{string(v1alpha1.PlanSmall), string(v1alpha1.PlanMedium), string(v1alpha1.PlanLarge)}
}

func oneOf(value, field string, choices ...string) string {
	switch {
	case value == "":
		return fmt.Sprintf("Choose the %s: %s", field, strings.Join(choices, ", "))
	case !slices.Contains(choices, value):
		return fmt.Sprintf("There is no %s %q; choose one of %s", field, value, strings.Join(choices, ", "))
	default:
		return ""
	}
}

func validateVersion(version string) string {
	if version != "" && (len(version) > maxVersion || !versionPattern.MatchString(version)) {
		return "A version is one to three numbers with dots between them, such as 2.21.2"
	}
	return ""
}

func validateDisplayName(name string) string {
	switch {
	case utf8.RuneCountInString(name) > maxDisplayName:
		return fmt.Sprintf("A display name has at most %d characters; this one has %d", maxDisplayName, utf8.RuneCountInString(name))
	case name != "" && strings.TrimSpace(name) == "":
		return "A display name has a character that can be seen"
	case strings.ContainsFunc(name, func(r rune) bool { return (r < ' ' && r != '\n') || r == 0x7f }):
		return "A display name has no control characters other than line breaks"
	default:
		return ""
	}
}

func validateEmail(email string) string {
	if email != "" && (len(email) > maxEmail || !emailPattern.MatchString(email)) {
		return "This is not an e-mail address such as owner@example.com"
	}
	return ""
}
