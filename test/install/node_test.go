// Package install installs the platform with an ordinary Helm client, built from the version in go.mod, on a node of its own.
package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// within bounds each command and each wait; a cold build of Helm takes longest.
	within = 5 * time.Minute
	// gatewayNodePort is where values-local.yaml has the gateway listen.
	gatewayNodePort = "30080"
)

// cluster is a node with the images that a Medusa store needs, and Helm to work on it.
type cluster struct {
	client.WithWatch
	dir, port, helm string
	// built is the folder with the images and the values of "make images".
	built string
}

// newCluster starts a node that is destroyed when the test ends. Without the node's program or the images the test is skipped.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	log.SetLogger(logr.Discard())
	programs, built := os.Getenv("LOCALKUBE_BIN"), os.Getenv("SHOPFLOW_DIR")
	if programs == "" || built == "" || os.Geteuid() != 0 {
		t.Skip("needs root, LOCALKUBE_BIN and SHOPFLOW_DIR: the folders of the node's programs and of what \"make images\" built")
	}
	c := &cluster{dir: t.TempDir(), port: freePort(t), built: built, helm: filepath.Join(t.TempDir(), "helm")}
	c.run(t, "go", "build", "-o", c.helm, "helm.sh/helm/v4/cmd/helm")
	localkube := func(verb string, args ...string) []string {
		return append([]string{verb, "--name", fmt.Sprintf("install-%d", os.Getpid()), "--dir", c.dir}, args...)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		if out, err := exec.CommandContext(ctx, filepath.Join(programs, "localkube"), localkube("destroy")...).CombinedOutput(); err != nil {
			t.Errorf("destroy the node: %v\n%s", err, out)
		}
	})
	c.run(t, filepath.Join(programs, "localkube"), localkube("start", "--publish", c.port+":"+gatewayNodePort)...)
	var archives []string
	for _, image := range []string{"shopflow", "postgres", "valkey", "medusa", "medusa-database"} {
		archives = append(archives, filepath.Join(built, "images", image+".tar"))
	}
	c.run(t, filepath.Join(programs, "localkube"), localkube("load", archives...)...)
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	if c.WithWatch, err = client.NewWithWatch(config, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cluster) kubeconfig() string { return filepath.Join(c.dir, "kubeconfig") }

// run runs a program at the root of the clone and returns what it wrote.
func (c *cluster) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = "../.."
	command.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig(), "HELM_CACHE_HOME="+c.dir, "HELM_CONFIG_HOME="+c.dir, "HELM_DATA_HOME="+c.dir)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, out.String())
	}
	return out.String()
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
