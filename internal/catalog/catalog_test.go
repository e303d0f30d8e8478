package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestParse(t *testing.T) {
	good := "engines:\n  medusa:\n    version: 2.21.2\n    images: {medusa: a, database: b, cache: c}\n"
	parsed, err := Parse([]byte(good))
	if err != nil || parsed.Engines["medusa"].Images["database"] != "b" {
		t.Errorf("got %+v (%v)", parsed, err)
	}
	parsed, err = Parse([]byte("engines: {medusa: {version: 1.0.0}, woocommerce: {unavailable: no archive}}"))
	if err != nil || !slices.Equal(parsed.Available(), []v1alpha1.Engine{"medusa"}) {
		t.Errorf("got %+v (%v)", parsed, err)
	}
	for name, text := range map[string]string{
		"Typo": "engine: {}", "NoVersion": "engines: {medusa: {images: {medusa: a}}}", "NoYAML": "{",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestPick(t *testing.T) {
	c := Catalog{Engines: map[v1alpha1.Engine]Software{
		"medusa":      {Version: "2.21.2", Images: map[string]string{"cache": "cache:1"}},
		"woocommerce": {Unavailable: "no archive: put one there"},
	}}
	for name, test := range map[string]struct {
		engine  v1alpha1.Engine
		version string
		roles   []string
		want    string
	}{
		"Newest":       {"medusa", "", []string{"cache"}, ""},
		"Pinned":       {"medusa", "2.21.2", nil, ""},
		"OtherVersion": {"medusa", "1.0.0", nil, "version 1.0.0 of engine medusa is not available on this platform, 2.21.2 is"},
		"NoImage":      {"medusa", "", []string{"cache", "server"}, "the catalog names no image for server"},
		"Unavailable":  {"woocommerce", "", nil, "engine woocommerce is not available on this platform: no archive: put one there"},
		"Unknown":      {"other", "", nil, "engine other is not available on this platform; available engines: medusa"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Pick(test.engine, test.version, test.roles...)
			if test.want == "" && err != nil || test.want != "" && (!errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
