// Package controlplane gives tests a real Kubernetes API: etcd, API server and controller manager, without any node.
package controlplane

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// variable names the folder with the localkube binary.
const variable = "LOCALKUBE_BIN"

// startWithin is far more than a start takes, and still ends a test that hangs.
const startWithin = 2 * time.Minute

// Main runs the tests of a package with one control plane for all of them: use hands its configuration to the tests.
// Without the binary the tests are skipped, which is printed and is no failure.
//
//	func TestMain(m *testing.M) { os.Exit(controlplane.Main(m, func(config *rest.Config) { plane = config })) }
func Main(m *testing.M, use func(*rest.Config)) int {
	if os.Getenv(variable) == "" {
		fmt.Printf("SKIP: %s is not set to the folder with the localkube binary, so there is no API server to test against\n", variable)
		return 0
	}
	config, stop, err := start()
	if err != nil {
		fmt.Printf("FAIL: start control plane: %v\n", err)
		return 1
	}
	defer stop()
	use(config)
	return m.Run()
}

// start runs a control plane that ends when stop is called or this process dies, whichever comes first.
func start() (*rest.Config, func(), error) {
	dir, err := os.MkdirTemp("", "controlplane-")
	if err != nil {
		return nil, nil, err
	}
	name := fmt.Sprintf("test-%d", os.Getpid())
	command := exec.CommandContext(context.Background(), filepath.Join(os.Getenv(variable), "localkube"), //nolint:gosec // the path is the tester's own
		"run", "--control-plane", "--until-stdin-closes", "--name", name, "--dir", dir)
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	output, write := io.Pipe()
	command.Stdout, command.Stderr = write, write
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait()
		_ = write.Close()
	}()
	stop := func() {
		_ = stdin.Close()
		<-ended
		_ = os.RemoveAll(dir)
	}
	if err := waitReady(output); err != nil {
		stop()
		return nil, nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		stop()
		return nil, nil, err
	}
	config.QPS = -1
	return config, stop, nil
}

// waitReady reads lines until the one that begins with "ready". It keeps reading in the background, since a process
// whose output is not read blocks.
func waitReady(output io.Reader) error {
	ready := make(chan error, 1)
	go func() {
		var seen []string
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			seen = append(seen, lines.Text())
			if strings.HasPrefix(lines.Text(), "ready") {
				ready <- nil
				_, _ = io.Copy(io.Discard, output)
				return
			}
		}
		ready <- fmt.Errorf("localkube ended early: %s", strings.Join(seen, "; "))
	}()
	select {
	case err := <-ready:
		return err
	case <-time.After(startWithin):
		return errors.New("localkube is not ready after " + startWithin.String())
	}
}
