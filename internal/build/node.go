package build

import (
	"context"
	"fmt"
	"time"

	"shopflow.dev/shopflow/internal/artifact"
	"shopflow.dev/shopflow/internal/progress"
)

const (
	nodeTitle = "Build Kubernetes " + kubernetesVersion + ", containerd and runc"
	// nodeModule is the module of the node's programs. Its go.mod pins their versions, and shares them with those of the product.
	nodeModule = "localkube"
	// kubernetesVersion is the version that go.mod pins.
	kubernetesVersion = "v1.37.2"
)

// nodeBuilds make localkube, which has every component of Kubernetes inside, and the programs that it expects beside it.
func nodeBuilds() []goBuild {
	const version = "-X k8s.io/component-base/version."
	return []goBuild{
		{
			module: nodeModule, log: "kubernetes", packages: []string{".", "./pause"},
			// A fifth of the compiler's time for these packages, which nothing else shares.
			plain:   "k8s.io/kubernetes/...",
			ldflags: []string{version + "gitVersion=" + kubernetesVersion, version + "gitMajor=1", version + "gitMinor=37"},
		},
		{module: nodeModule, log: "containerd", packages: []string{
			"github.com/containerd/containerd/v2/cmd/containerd",
			"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
			"github.com/containerd/containerd/v2/cmd/ctr",
			"github.com/containernetworking/plugins/plugins/main/ptp",
			"github.com/containernetworking/plugins/plugins/ipam/host-local",
			"github.com/containernetworking/plugins/plugins/meta/portmap",
		}},
		{module: nodeModule, log: "runc", packages: []string{"github.com/opencontainers/runc"}, tags: "seccomp", cgo: true},
	}
}

// nodeTask builds the programs of the node into one folder.
func (b *Builder) nodeTask(needs ...string) (task, error) {
	builds := nodeBuilds()
	hash, err := artifact.Hash(b.opts.Root, []string{nodeModule}, goVersion(), fmt.Sprintf("%+v", builds))
	return task{title: nodeTitle, kind: compile, cost: 745 * time.Second, needs: needs, run: func(ctx context.Context) (string, error) {
		dir, built, err := b.cache.Get(ctx, "node", hash, func(ctx context.Context, dir string) error {
			for _, build := range builds {
				build.out = dir + "/"
				if err := b.goBuild(ctx, build); err != nil {
					return err
				}
			}
			return nil
		})
		b.programs = dir
		return progress.NoteIf(!built), err
	}}, err
}
