package build

import (
	"os"
	"regexp"
	"testing"
)

// TestFlagsAreThoseOfTheMakefile keeps the builder and the Makefile's go commands from compiling everything twice.
func TestFlagsAreThoseOfTheMakefile(t *testing.T) {
	content, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`(?m)^export GOFLAGS +:= (.*)$`).FindSubmatch(content)
	if flags == nil || "GOFLAGS="+string(flags[1]) != goFlags {
		t.Errorf("the Makefile has %q, the builder %q", flags, goFlags)
	}
}
