package build

import (
	"context"
	"runtime"
	"strings"
)

// goBuild is one run of the Go toolchain. All runs have the same flags, and so share what they compile.
type goBuild struct {
	// module is the folder of the module, below the clone.
	module   string
	packages []string
	// out is a file, or a folder if it ends with a slash.
	out     string
	ldflags []string
	// plain are packages that the compiler does not inline in.
	plain string
	// tags and cgo are for a program that uses C. It shares nothing with the others.
	tags string
	cgo  bool
	log  string
}

func (b *Builder) goBuild(ctx context.Context, build goBuild) error {
	ldflags := strings.Join(append([]string{"-s", "-w"}, build.ldflags...), " ")
	args := []string{"build", "-ldflags=" + ldflags, "-tags=" + build.tags, "-o", build.out}
	if build.plain != "" { // These flags take the place of goFlags for the packages.
		args = append(args, "-gcflags="+build.plain+"=-dwarf=false -l")
	}
	args = append(args, build.packages...)
	return command{dir: b.path(build.module), env: goEnvironment(build.cgo), log: b.log(build.log), name: "go", args: args}.run(ctx)
}

// goDownload gets the modules that a build needs, so that the build does not wait for them.
func (b *Builder) goDownload(ctx context.Context, build goBuild) error {
	args := append([]string{"list", "-deps", "-tags=" + build.tags}, build.packages...)
	return command{dir: b.path(build.module), env: goEnvironment(build.cgo), log: b.log(build.log), name: "go", args: args}.run(ctx)
}

// goFlags are those of the Makefile. Programs are stripped, so nothing would read the debug information that -dwarf=false leaves out.
const goFlags = "GOFLAGS=-trimpath -buildvcs=false -gcflags=all=-dwarf=false"

func goEnvironment(cgo bool) []string {
	env := []string{
		goFlags, "CGO_ENABLED=0",
		// A compiler runs for seconds: collecting its garbage takes a fifth of its time and saves memory that machines have.
		"GOGC=off", "GOMEMLIMIT=2GiB",
	}
	if cgo {
		env[1] = "CGO_ENABLED=1"
	}
	return env
}

func goVersion() string { return runtime.Version() }
