// Package envtest tests the Store API and the controller against a real API server, etcd and controller manager. There
// is no node: where a test needs workloads that are ready, it writes their status itself, as a kubelet would have
// brought it about, and the shopper is a fake that says what the test tells it to.
package envtest

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	crenvtest "sigs.k8s.io/controller-runtime/pkg/envtest"

	"shopflow.dev/shopflow/test/controlplane"
)

// plane is the API server that all tests of this package share.
var plane *rest.Config

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(controlplane.Main(m, func(config *rest.Config) {
		_, err := crenvtest.InstallCRDs(config, crenvtest.CRDInstallOptions{
			Paths: []string{"../../charts/shopflow/files"}, ErrorIfPathMissing: true,
		})
		if err != nil {
			fmt.Println("FAIL: install CRD:", err)
			os.Exit(1)
		}
		plane = config
		ctrl.SetLogger(logger())
	}))
}

// logger shows what the controller logs when the tests are asked to be verbose.
func logger() logr.Logger {
	if !testing.Verbose() {
		return logr.Discard()
	}
	return logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil))
}
