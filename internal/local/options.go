// Package local runs ShopFlow on this machine: it starts a single-node Kubernetes from what was built, and installs the platform
// in it.
package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/progress"
)

const (
	domain = "shopflow.localhost"
	// gatewayNodePort is where the node takes the traffic for the gateway (charts/shopflow/values-local.yaml).
	gatewayNodePort = 30080
)

// Options identify a local ShopFlow.
type Options struct {
	// Root is the clone's folder.
	Root string
	// Instance names the node: its network namespace, address block and sockets. Instances do not see each other.
	Instance string
	// Port is the local port of all public addresses.
	Port int
	// Baseline also loads the images that the baseline arm of make bench installs shops with.
	Baseline bool
	// Dir holds the node's data, kubeconfig and client configuration. Empty means .shopflow in Root.
	Dir string
}

// Local is one ShopFlow on this machine.
type Local struct {
	opts  Options
	steps *progress.Steps
}

// New checks the options and returns the local ShopFlow that they mean.
func New(opts Options, steps *progress.Steps) (*Local, error) {
	if !regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`).MatchString(opts.Instance) {
		return nil, fmt.Errorf("instance %q: use 1 to 31 lowercase letters, digits or '-', beginning with a letter", opts.Instance)
	}
	if opts.Port < 1 || opts.Port > 65535 {
		return nil, fmt.Errorf("port %d: use a number from 1 to 65535", opts.Port)
	}
	if _, err := os.Stat(filepath.Join(opts.Root, "images", "images.yaml")); err != nil {
		return nil, fmt.Errorf("%s is not a clone of ShopFlow: run this from inside one", opts.Root)
	}
	if opts.Dir == "" {
		opts.Dir = build.DefaultDir(opts.Root)
	}
	return &Local{opts: opts, steps: steps}, nil
}

// Kubeconfig returns the path of the node's kubeconfig.
func (l *Local) Kubeconfig() string { return filepath.Join(l.opts.Dir, "kubeconfig") }

// APIURL returns the address of the platform.
func (l *Local) APIURL() string { return "http://" + domain + ":" + strconv.Itoa(l.opts.Port) }

func requireRoot() error {
	if os.Geteuid() != 0 {
		return errors.New("a Kubernetes node needs root: run this as root, or with sudo")
	}
	return nil
}
