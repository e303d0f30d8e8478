package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// The versions of what the node runs beside Kubernetes, which localkube/go.mod pins.
const (
	containerdVersion = "v2.4.2"
	runcVersion       = "v1.5.2"
	cniVersion        = "v1.9.1"
	kubernetesVersion = "v1.37.2"
)

// program is one part of the node that the Go toolchain builds.
type program struct {
	name  string
	title string
	// inputs are the paths, below the clone, that the program is made of.
	inputs []string
	words  []string
	build  func(ctx context.Context, dir, log string) error
}

func (l *Local) programs() []program {
	return []program{
		{
			name: "containerd", title: "Build containerd " + containerdVersion, words: []string{containerdVersion},
			build: l.install("CGO_ENABLED=0", nil,
				"github.com/containerd/containerd/v2/cmd/containerd@"+containerdVersion,
				"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2@"+containerdVersion,
				"github.com/containerd/containerd/v2/cmd/ctr@"+containerdVersion),
		},
		{
			name: "runc", title: "Build runc " + runcVersion, words: []string{runcVersion},
			build: l.install("CGO_ENABLED=1", []string{"-tags=seccomp"}, "github.com/opencontainers/runc@"+runcVersion),
		},
		{
			name: "cni", title: "Build the CNI plugins " + cniVersion, words: []string{cniVersion, "ptp host-local portmap"},
			build: l.install("CGO_ENABLED=0", nil,
				"github.com/containernetworking/plugins/plugins/main/ptp@"+cniVersion,
				"github.com/containernetworking/plugins/plugins/ipam/host-local@"+cniVersion,
				"github.com/containernetworking/plugins/plugins/meta/portmap@"+cniVersion),
		},
		{
			name: "localkube", title: "Build Kubernetes " + kubernetesVersion,
			inputs: []string{"localkube"}, words: []string{kubernetesVersion},
			build: l.buildLocalkube,
		},
	}
}

// buildNode builds what is missing and returns the folder with every program of the node.
func (l *Local) buildNode(ctx context.Context) (string, error) {
	var dirs, words []string
	for _, part := range l.programs() {
		if part.name == "localkube" {
			// The node's programs are found beside localkube, so its entry holds links to the others.
			build := part.build
			part.words = append(part.words, words...)
			part.build = func(ctx context.Context, dir, log string) error {
				if err := build(ctx, dir, log); err != nil {
					return err
				}
				return linkAll(dir, dirs)
			}
		}
		dir, hash, err := l.buildProgram(ctx, part)
		if err != nil {
			return "", err
		}
		dirs, words = append(dirs, dir), append(words, hash)
	}
	return dirs[len(dirs)-1], nil
}

func (l *Local) buildProgram(ctx context.Context, part program) (dir, hash string, err error) {
	hash, err = artifactHash(l.opts.Root, part)
	if err != nil {
		return "", "", err
	}
	err = l.steps.Do(ctx, part.title, func(ctx context.Context) (string, error) {
		var built bool
		dir, built, err = l.cache.Get(ctx, part.name, hash, func(ctx context.Context, dir string) error {
			return part.build(ctx, dir, l.log("build-"+part.name))
		})
		return cachedNote(built), err
	})
	return dir, hash, err
}

// install returns a build that lets the Go toolchain fetch and build programs at pinned versions.
func (l *Local) install(cgo string, flags []string, packages ...string) func(ctx context.Context, dir, log string) error {
	return func(ctx context.Context, dir, log string) error {
		for _, pkg := range packages {
			args := append([]string{"install", "-trimpath", "-ldflags=-s -w"}, flags...)
			cmd := command{dir: os.TempDir(), env: []string{cgo, "GOBIN=" + dir, "GOFLAGS=-buildvcs=false"}, log: log, name: "go", args: append(args, pkg)}
			if err := cmd.run(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

func (l *Local) buildLocalkube(ctx context.Context, dir, log string) error {
	version := "k8s.io/component-base/version."
	ldflags := fmt.Sprintf("-s -w -X %sgitVersion=%s -X %sgitMajor=1 -X %sgitMinor=37", version, kubernetesVersion, version, version)
	return command{
		dir: l.path("localkube"), env: []string{"CGO_ENABLED=0", "GOFLAGS=-trimpath -buildvcs=false"}, log: log,
		name: "go", args: []string{"build", "-ldflags=" + ldflags, "-o", dir + "/", ".", "./pause"},
	}.run(ctx)
}

func linkAll(into string, dirs []string) error {
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if filepath.Ext(entry.Name()) == ".json" {
				continue
			}
			if err := os.Link(filepath.Join(dir, entry.Name()), filepath.Join(into, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func goVersion() string { return runtime.Version() }
