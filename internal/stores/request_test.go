package stores

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/problem"
)

func TestValidateName(t *testing.T) {
	for name, test := range map[string]struct{ name, want string }{
		"One":           {"a", ""},
		"Longest":       {strings.Repeat("a", 40), ""},
		"Hyphens":       {"my-2nd--shop", ""},
		"Empty":         {"", "Give the store a name"},
		"TooLong":       {strings.Repeat("a", 41), "at most 40 characters; this one has 41"},
		"UpperCase":     {"MyShop", "lowercase"},
		"UpperUmlaut":   {"Ä", "lowercase"},
		"Punycode":      {"xn--shop", "xn--"},
		"Kubernetes":    {"kube-system", "kube-"},
		"LeadingHyphen": {"-a", "begins with a letter"},
		"LeadingDigit":  {"1a", "begins with a letter"},
		"TrailHyphen":   {"a-", "ends with a letter or a digit"},
		"Dot":           {"a.b", "only the letters"},
		"Dots":          {"..", "only the letters"},
		"Slash":         {"a/b", "only the letters"},
		"Space":         {"a b", "only the letters"},
		"Newline":       {"a\n", "only the letters"},
		"NUL":           {"a\x00", "only the letters"},
		"Umlaut":        {"läden", "only the letters"},
		"Shell":         {"$(id)", "only the letters"},
		"ReservedWWW":   {"www", "reserved"},
		"ReservedAPI":   {"api", "reserved"},
		"ReservedAdmin": {"admin", "reserved"},
		"ReservedOwn":   {"shopflow", "reserved"},
	} {
		t.Run(name, func(t *testing.T) {
			got := validateName(test.name)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("validateName(%q) = %q, want %q", test.name, got, test.want)
			}
		})
	}
}

// FuzzValidateName checks that what is accepted is safe as a label of a host name, and is exactly what the CRD accepts.
func FuzzValidateName(f *testing.F) {
	for _, seed := range []string{"", "a", "demo", "-a", "a-", "xn--a", "kube-a", "www", "A", "ä", "a\n", "a.b", strings.Repeat("a", 41)} {
		f.Add(seed)
	}
	pattern := regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	f.Fuzz(func(t *testing.T, name string) {
		accepted := validateName(name) == ""
		byTheCRD := pattern.MatchString(name) && !strings.HasSuffix(name, "\n") && len(name) <= 40 &&
			!strings.HasPrefix(name, "xn--") && !strings.HasPrefix(name, "kube-") && !slices.Contains(reserved(), name)
		if accepted != byTheCRD {
			t.Errorf("%q: accepted %t, by the CRD's rules %t", name, accepted, byTheCRD)
		}
		if problems := validation.IsDNS1123Label(name); accepted && len(problems) > 0 {
			t.Errorf("%q is accepted but no DNS label: %v", name, problems)
		}
	})
}

func TestValidateTheRest(t *testing.T) {
	good := Request{Name: "demo", Engine: "medusa"}
	known := []Engine{{EngineInfo: EngineInfo{Name: "medusa"}, Available: true}, {EngineInfo: EngineInfo{Name: "woocommerce"}}}
	for name, test := range map[string]struct {
		change func(*Request)
		field  string
	}{
		"Least":         {func(*Request) {}, ""},
		"Most":          {func(r *Request) { r.Plan, r.Version, r.AdminEmail = "large", "2.21.2", "a.b+c@x-y.example.com" }, ""},
		"Hostile":       {func(r *Request) { r.DisplayName = "<b>\"$(id)\"'`\n🛍️" }, ""},
		"Longest":       {func(r *Request) { r.DisplayName = strings.Repeat("店", 80) }, ""},
		"TooLong":       {func(r *Request) { r.DisplayName = strings.Repeat("店", 81) }, "displayName"},
		"Blank":         {func(r *Request) { r.DisplayName = " \n " }, "displayName"},
		"Control":       {func(r *Request) { r.DisplayName = "a\x1b[31m" }, "displayName"},
		"Delete":        {func(r *Request) { r.DisplayName = "a\x7f" }, "displayName"},
		"NoEngine":      {func(r *Request) { r.Engine = "" }, "engine"},
		"UnknownEngine": {func(r *Request) { r.Engine = "magento" }, "engine"},
		"NotAvailable":  {func(r *Request) { r.Engine = "woocommerce" }, ""}, // The catalog's refusal says why.
		"UnknownPlan":   {func(r *Request) { r.Plan = "huge" }, "plan"},
		"Version":       {func(r *Request) { r.Version = "2.x" }, "version"},
		"VersionLine":   {func(r *Request) { r.Version = "2\n" }, "version"},
		"NoEmail":       {func(r *Request) { r.AdminEmail = "me" }, "adminEmail"},
		"EmailHeader":   {func(r *Request) { r.AdminEmail = "a@example.com\nBcc: b@example.com" }, "adminEmail"},
		"LongEmail":     {func(r *Request) { r.AdminEmail = strings.Repeat("a", 250) + "@x.yz" }, "adminEmail"},
	} {
		t.Run(name, func(t *testing.T) {
			request := good
			test.change(&request)
			err := request.Validate(known)
			var refusal *problem.Error
			if errors.As(err, &refusal) != (test.field != "") {
				t.Fatalf("got %v, want an error about %q", err, test.field)
			}
			if refusal != nil && (refusal.Kind != problem.Invalid || len(refusal.Fields) != 1 || refusal.Fields[0].Name != test.field) {
				t.Errorf("got %+v, want an error about %q", refusal, test.field)
			}
		})
	}
}

// TestLimitsAreThoseOfTheCRD keeps the texts here and the rules there from going apart.
func TestLimitsAreThoseOfTheCRD(t *testing.T) {
	content, err := os.ReadFile("../../charts/shopflow/files/shopflow.dev_stores.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(content, &crd); err != nil {
		t.Fatal(err)
	}
	schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	spec := schema.Properties["spec"].Properties
	for field, want := range map[string]int64{"displayName": maxDisplayName, "version": maxVersion, "adminEmail": maxEmail} {
		if got := spec[field].MaxLength; got == nil || *got != want {
			t.Errorf("%s: the CRD's limit is not %d", field, want)
		}
	}
	var rules strings.Builder
	for _, rule := range schema.XValidations {
		rules.WriteString(rule.Rule + "\n")
	}
	_, list, _ := strings.Cut(rules.String(), "self.metadata.name in [")
	list, _, _ = strings.Cut(list, "]")
	if diff := cmp.Diff(strings.Split(strings.ReplaceAll(list, "'", ""), ","), reserved()); diff != "" {
		t.Errorf("reserved names differ (-CRD +here):\n%s", diff)
	}
	if !strings.Contains(rules.String(), "<= 40") || maxName != 40 {
		t.Errorf("the CRD's limit of the name is not %d: %s", maxName, rules.String())
	}
}
