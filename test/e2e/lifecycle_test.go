package e2e

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// ungzip reads Helm's release record: base64 of gzip.
func ungzip(t *testing.T, record []byte) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(string(record))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(reader, 16<<20))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// volumes returns the persistent volumes that belong to a namespace, and their folders on the node.
func (p *platform) volumes(t *testing.T, namespace string) (names, folders []string) {
	t.Helper()
	var list corev1.PersistentVolumeList
	if err := p.kube.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	for _, volume := range list.Items {
		if volume.Spec.ClaimRef == nil || volume.Spec.ClaimRef.Namespace != namespace {
			continue
		}
		names = append(names, volume.Name)
		switch {
		case volume.Spec.Local != nil:
			folders = append(folders, volume.Spec.Local.Path)
		case volume.Spec.HostPath != nil:
			folders = append(folders, volume.Spec.HostPath.Path)
		}
	}
	return names, folders
}

// checkGone fails the test for everything that is left of a store.
func (p *platform) checkGone(t *testing.T, namespace string, folders []string) {
	t.Helper()
	err := p.kube.Get(t.Context(), client.ObjectKey{Name: namespace}, &corev1.Namespace{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("namespace %s: %v, want it gone", namespace, err)
	}
	for _, list := range []client.ObjectList{&corev1.PersistentVolumeClaimList{}, &corev1.SecretList{}, &networkingv1.IngressList{}, &corev1.PodList{}} {
		if err := p.kube.List(t.Context(), list, client.InNamespace(namespace), client.Limit(1)); err != nil {
			t.Error(err)
		}
		if text := fmt.Sprintf("%T %v", list, list); strings.Contains(text, namespace) {
			t.Errorf("left behind: %.200s", text)
		}
	}
	if names, _ := p.volumes(t, namespace); len(names) > 0 {
		t.Errorf("volumes left behind: %v", names)
	}
	for _, folder := range folders {
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder %s is still there: %v", folder, err)
		}
	}
}

type deletionJSON struct {
	Deletion *struct {
		VerifiedAt string
		Remaining  map[string]int
	}
}

func TestDeleteEndsWithAReceipt(t *testing.T) { eachEngine(t, testDeleteEndsWithAReceipt) }

func testDeleteEndsWithAReceipt(t *testing.T, p *platform, k kind) {
	made := p.create(t, k.engine, "leaves")
	names, folders := p.volumes(t, made.Namespace)
	if len(names) != k.volumes || len(folders) != len(names) {
		t.Fatalf("the store has volumes %v in folders %v", names, folders)
	}
	graces := p.watchGraces(t, made.Namespace)
	out := p.must(t, "store", "delete", "leaves", "--yes", "--wait", "-o", "json")
	ended := graces()
	if len(ended) == 0 {
		t.Error("no pod was seen ending")
	}
	for pod, seconds := range ended {
		if seconds > 1 {
			t.Errorf("pod %s was given %d s to end: a kubelet that has begun with that takes no shorter time", pod, seconds)
		}
	}
	receipt := decode[deletionJSON](t, out)
	if receipt.Deletion == nil || receipt.Deletion.VerifiedAt == "" || len(receipt.Deletion.Remaining) < 6 {
		t.Fatalf("the receipt is %s", out)
	}
	for kind, count := range receipt.Deletion.Remaining {
		if count != 0 {
			t.Errorf("the receipt counts %d %s", count, kind)
		}
	}
	p.checkGone(t, made.Namespace, folders)
	if _, err := p.visit(t.Context(), k.engine, "leaves"); !isStatus(err, 404) {
		t.Errorf("the address answers %v, want 404", err)
	}
}

// watchGraces watches the pods of a namespace, and returns a function that ends this and returns the longest time that each pod which
// was deleted was given to end, in seconds.
func (p *platform) watchGraces(t *testing.T, namespace string) func() map[string]int64 {
	t.Helper()
	watcher, err := p.kube.Watch(t.Context(), &corev1.PodList{}, client.InNamespace(namespace))
	if err != nil {
		t.Fatal(err)
	}
	graces, done := map[string]int64{}, make(chan struct{})
	go func() {
		defer close(done)
		for event := range watcher.ResultChan() {
			if pod, ok := event.Object.(*corev1.Pod); ok && pod.DeletionGracePeriodSeconds != nil {
				graces[pod.Name] = max(graces[pod.Name], *pod.DeletionGracePeriodSeconds)
			}
		}
	}()
	return func() map[string]int64 {
		watcher.Stop()
		<-done
		return graces
	}
}

func isStatus(err error, code int) bool {
	var status statusError
	return errors.As(err, &status) && status.code == code
}

func TestDeleteWhileProvisioning(t *testing.T) { eachEngine(t, testDeleteWhileProvisioning) }

func testDeleteWhileProvisioning(t *testing.T, p *platform, k kind) {
	for _, after := range []string{"", v1alpha1.CredentialsReady, v1alpha1.Released} {
		name := "hasty" + strings.ToLower(after)
		p.must(t, "store", "create", name, "--engine", string(k.engine))
		t.Cleanup(func() { p.remove(t, name) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var store v1alpha1.Store
		eventually(ctx, t, name+" has come to "+after, func(ctx context.Context) error {
			if err := p.kube.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil || after == "" {
				return err
			}
			for _, condition := range store.Status.Conditions {
				if condition.Type == after && condition.Status == metav1.ConditionTrue {
					return nil
				}
			}
			return errors.New("not yet")
		})
		cancel()
		p.must(t, "store", "delete", name, "--yes", "--wait")
		if store.Status.Namespace != "" {
			p.checkGone(t, store.Status.Namespace, nil)
		}
	}
}

// killController ends the controller as a crash would, and says whether it ran.
func killController(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	eventually(ctx, t, "the controller runs", func(context.Context) error {
		pid, err := findProcess(func(args []string) bool { return filepath.Base(args[0]) == "shopflow" && args[1] == "controller" })
		if err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	})
}

// killAtRandomMoments kills the controller five times within the window.
func killAtRandomMoments(t *testing.T, window time.Duration) {
	t.Helper()
	for range 5 {
		pause := time.NewTimer(time.Duration(rand.Int64N(int64(window) / 5)))
		select {
		case <-pause.C:
		case <-t.Context().Done():
		}
		killController(t)
	}
}

func TestKilledControllerStillMakesExactlyOne(t *testing.T) { eachEngine(t, testKilledController) }

func testKilledController(t *testing.T, p *platform, k kind) {
	t.Cleanup(func() { p.remove(t, "crashed") })
	p.must(t, "store", "create", "crashed", "--engine", string(k.engine))
	killAtRandomMoments(t, 15*time.Second)
	store := p.waitState(t, "crashed", v1alpha1.StateReady, 5*time.Minute)

	var namespaces corev1.NamespaceList
	if err := p.kube.List(t.Context(), &namespaces, client.MatchingLabels{"shopflow.dev/store": "crashed"}); err != nil || len(namespaces.Items) != 1 {
		t.Errorf("%d namespaces, %v; want one", len(namespaces.Items), err)
	}
	var secrets corev1.SecretList
	if err := p.kube.List(t.Context(), &secrets, client.InNamespace(store.Status.Namespace)); err != nil {
		t.Fatal(err)
	}
	var records, credentials int
	for _, secret := range secrets.Items {
		if secret.Labels["owner"] == "helm" && secret.Labels["status"] == "deployed" {
			records++
		}
		if secret.Name == "store-credentials" {
			credentials++
		}
	}
	if records != 1 || credentials != 1 {
		t.Errorf("%d deployed releases and %d sets of credentials, want one of each", records, credentials)
	}
	shop, err := p.visit(t.Context(), k.engine, "crashed")
	if err != nil {
		t.Fatal(err)
	}
	placed, err := shop.buy(t.Context(), "robin@example.com")
	if want := cmp.Or(k.firstOrder, store.Status.Receipt.OrderNumber); err != nil || placed.Number != want {
		t.Errorf("the first order is %+v, %v; want number %s", placed, err, want)
	}

	_, folders := p.volumes(t, store.Status.Namespace)
	p.must(t, "store", "delete", "crashed", "--yes")
	killAtRandomMoments(t, 5*time.Second)
	p.remove(t, "crashed")
	p.checkGone(t, store.Status.Namespace, folders)
}

func TestHealsWhatIsDeleted(t *testing.T) { eachEngine(t, testHealsWhatIsDeleted) }

func testHealsWhatIsDeleted(t *testing.T, p *platform, k kind) {
	made := p.create(t, k.engine, "healed")
	for _, object := range k.frontObjects(made.Namespace) {
		what := strings.TrimPrefix(fmt.Sprintf("%T", object), "*v1.")
		t.Run(what, func(t *testing.T) {
			if err := p.kube.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
				t.Fatal(err)
			}
			old := object.GetUID()
			if err := p.kube.Delete(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			eventually(ctx, t, what+" is back", func(ctx context.Context) error {
				if err := p.kube.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
					return err
				}
				if object.GetUID() == old {
					return errors.New("it is still the old one")
				}
				return nil
			})
			eventually(ctx, t, "the shop sells again", func(ctx context.Context) error {
				shop, err := p.visit(ctx, k.engine, "healed")
				if err != nil {
					return err
				}
				_, err = shop.buy(ctx, "robin@example.com")
				return err
			})
		})
	}
	p.waitState(t, "healed", v1alpha1.StateReady, time.Minute)
}
