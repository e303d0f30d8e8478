package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestParse(t *testing.T) {
	good := "engines:\n  medusa:\n    default: 2.21.2\n    versions:\n      2.21.2: {images: {medusa: a, database: b, cache: c}}\n      2.9.0: {images: {}}\n"
	parsed, err := Parse([]byte(good))
	if software := parsed.Engines["medusa"].Versions["2.21.2"]; err != nil || software.Images["database"] != "b" || software.Version != "2.21.2" {
		t.Errorf("got %+v (%v)", parsed, err)
	}
	parsed, err = Parse([]byte("engines: {medusa: {default: 1.0.0, versions: {1.0.0: {images: {}}}}, woocommerce: {unavailable: no archive}}"))
	if err != nil || !slices.Equal(parsed.Available(), []v1alpha1.Engine{"medusa"}) {
		t.Errorf("got %+v (%v)", parsed, err)
	}
	for name, text := range map[string]string{
		"Typo": "engine: {}", "NoVersion": "engines: {medusa: {versions: {}}}", "NoDefault": "engines: {medusa: {versions: {1.0.0: {images: {medusa: a}}}}}",
		"OtherDefault": "engines: {medusa: {default: 2.0.0, versions: {1.0.0: {images: {medusa: a}}}}}", "NoYAML": "{",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestPick(t *testing.T) {
	c := Catalog{Engines: map[v1alpha1.Engine]Offer{
		"medusa":      Single("2.21.2", map[string]string{"cache": "cache:1"}),
		"two":         {Default: "2.9.0", Versions: map[string]Software{"2.9.0": {}, "2.10.0": {}, "2.10": {}, "10.0.0": {}}},
		"woocommerce": {Unavailable: "no archive: put one there"},
	}}
	for name, test := range map[string]struct {
		engine  v1alpha1.Engine
		version string
		roles   []string
		want    string
	}{
		"Default":      {"medusa", "", []string{"cache"}, ""},
		"NotDefault":   {"two", "2.10.0", nil, ""},
		"NoneOfMany":   {"two", "1.0.0", nil, "version 1.0.0 of engine two is not available on this platform, 2.9.0, 2.10, 2.10.0, 10.0.0 are"},
		"Pinned":       {"medusa", "2.21.2", nil, ""},
		"OtherVersion": {"medusa", "1.0.0", nil, "version 1.0.0 of engine medusa is not available on this platform, 2.21.2 is"},
		"NoImage":      {"medusa", "", []string{"cache", "server"}, "the catalog names no image for server"},
		"Unavailable":  {"woocommerce", "", nil, "engine woocommerce is not available on this platform: no archive: put one there"},
		"Unknown":      {"other", "", nil, "engine other is not available on this platform; available engines: medusa, two"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Pick(test.engine, test.version, test.roles...)
			if test.want == "" && err != nil || test.want != "" && (!errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
