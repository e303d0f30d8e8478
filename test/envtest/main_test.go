// Package envtest tests the Store API and the controller against a real API server, etcd and controller manager. There
// is no node: where a test needs workloads that are ready, it writes their status itself, as a kubelet would have
// brought it about, and the shopper is a fake that says what the test tells it to.
package envtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/go-logr/logr"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
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
		objects, err := client.New(config, client.Options{})
		if err == nil {
			err = errors.Join(objects.Create(context.Background(), storageClass("standard", true)), objects.Create(context.Background(), storageClass("fixed", false)))
		}
		if err != nil {
			fmt.Println("FAIL: create StorageClasses:", err)
			os.Exit(1)
		}
		plane = config
		ctrl.SetLogger(logger())
	}))
}

// storageClass is a class that stores ask for. Nothing provisions its volumes but a test: there are no nodes to keep them.
func storageClass(name string, grows bool) *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: "shopflow.dev/test", AllowVolumeExpansion: &grows}
}

// logger shows what the controller logs when the tests are asked to be verbose.
func logger() logr.Logger {
	if !testing.Verbose() {
		return logr.Discard()
	}
	return logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil))
}
