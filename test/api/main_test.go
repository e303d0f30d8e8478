// Package api tests the API server as it runs in a cluster, on a real Kubernetes API: the CRD's validation, watches, and the
// rights of its own ServiceAccount.
package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/cli"
	"shopflow.dev/shopflow/internal/server/servertest"
	"shopflow.dev/shopflow/test/controlplane"
	"shopflow.dev/shopflow/test/postgres"
)

const (
	token          = "token-for-tests-0123456789"
	serviceAccount = "shopflow-server"
	namespace      = "platform"
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	defer accounts.Stop()
	return controlplane.Main(m, func(config *rest.Config) { plane = config })
}

// accounts is the PostgreSQL of the server's accounts.
var accounts postgres.Server

// plane is the Kubernetes API that all tests share.
var plane *rest.Config

// administrator returns a client that may do everything.
func administrator(t *testing.T) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		v1alpha1.AddToScheme, corev1.AddToScheme, rbacv1.AddToScheme, apiextensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	objects, err := client.NewWithWatch(plane, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// installCRD installs the CRD as the chart has it, and waits until it is served.
func installCRD(t *testing.T, objects client.Client) {
	t.Helper()
	content, err := os.ReadFile("../../charts/shopflow/files/shopflow.dev_stores.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(content, &crd); err != nil {
		t.Fatal(err)
	}
	if err := client.IgnoreAlreadyExists(objects.Create(t.Context(), &crd)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return objects.List(t.Context(), &v1alpha1.StoreList{}) })
}

// grant gives the server's ServiceAccount the rights that the chart gives it.
func grant(t *testing.T, objects client.Client) {
	t.Helper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: serviceAccount},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"stores"}, Verbs: []string{"get", "list", "watch", "create", "delete", "patch"}}},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: serviceAccount},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: serviceAccount},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: serviceAccount}},
	}
	for _, object := range []client.Object{role, binding} {
		if err := client.IgnoreAlreadyExists(objects.Create(t.Context(), object)); err != nil {
			t.Fatal(err)
		}
	}
}

// serve runs `shopflow server` as its ServiceAccount until the test ends, and returns a client of it.
func serve(t *testing.T) *apiclient.Platform {
	t.Helper()
	platform, err := apiclient.New(apiclient.Config{Server: start(t), Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return platform
}

// start runs `shopflow server` as its ServiceAccount until the test ends, and returns its address.
func start(t *testing.T) string {
	t.Helper()
	t.Setenv("KUBECONFIG", writeKubeconfig(t))
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	software, err := yaml.Marshal(servertest.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	args := []string{
		"server", "--listen", "127.0.0.1:0", "--admin-token-file", file("token", token), "--catalog", file("catalog.yaml", string(software)),
		"--namespace", namespace, "--database-dsn-file", file("dsn", accounts.DSN(t)), "--session-key-file", file("key", "a key for tests: 0123456789012345"),
	}
	ctx, stop := context.WithCancel(context.Background())
	logs, log := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Main(ctx, args, nil, io.Discard, log)
		_ = log.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the server ended with %d", code)
		}
	})
	return "http://" + address(t, logs)
}

// address reads from the log where the server listens, and keeps reading so that the server does not block.
func address(t *testing.T, logs io.Reader) string {
	t.Helper()
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			var line struct{ Msg, Address string }
			if err := json.Unmarshal(lines.Bytes(), &line); err == nil && line.Msg == "serving" {
				found <- line.Address
			}
		}
		close(found)
	}()
	select {
	case address, ok := <-found:
		if !ok {
			t.Fatal("the server ended at once")
		}
		return address
	case <-time.After(30 * time.Second):
		t.Fatal("the server does not say where it listens")
		return ""
	}
}

// writeKubeconfig writes how the server's ServiceAccount reaches the Kubernetes API: here by impersonation.
func writeKubeconfig(t *testing.T) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: plane.Host, CertificateAuthorityData: plane.CAData, CertificateAuthority: plane.CAFile}
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{
		ClientCertificateData: plane.CertData, ClientKeyData: plane.KeyData, ClientCertificate: plane.CertFile, ClientKey: plane.KeyFile, Token: plane.BearerToken,
		Impersonate: fmt.Sprintf("system:serviceaccount:%s:%s", namespace, serviceAccount),
	}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test"}
	config.CurrentContext = "test"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// eventually waits until the condition holds, at most 30 s.
func eventually(t *testing.T, condition func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("still after 30 s: %v", err)
		}
	}
}
