package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// legacy is a store that an older platform created, with what must be there after the upgrade.
type legacy struct {
	Name      string
	Engine    v1alpha1.Engine
	UID       types.UID
	Namespace string
	// Release and Receipt are those of the status, Workloads the pod templates' generations by kind and name.
	Release   v1alpha1.Release
	Receipt   v1alpha1.Receipt
	Workloads map[string]int64
	Order     order
	// Upload is the path of an uploaded file, Sum the SHA-256 of its content.
	Upload, Sum string
}

// upgradeRole returns which half of the upgrade test this run is, and the file that carries the stores from one half to the other.
func upgradeRole(t *testing.T, role string) (*platform, string) {
	t.Helper()
	if os.Getenv("SHOPFLOW_UPGRADE") != role {
		t.Skip("this is a part of make upgrade-test, which takes too long for make test")
	}
	p := connect(t)
	return p, filepath.Join(p.dir, "upgrade.json")
}

// TestBeforeUpgrade runs against an older platform: it creates a store of each engine, buys in it and uploads a file.
func TestBeforeUpgrade(t *testing.T) {
	p, path := upgradeRole(t, "before")
	reasons, stores := p.unavailable(t), []legacy{}
	for _, k := range kinds() {
		if reason, missing := reasons[k.engine]; missing {
			t.Logf("engine %s is not available here, so its upgrade is not tested: %s", k.engine, reason)
			continue
		}
		stores = append(stores, p.createLegacy(t, k.engine))
	}
	content, err := json.Marshal(stores)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// createLegacy uses the Kubernetes API and the shop's own API alone, which an older platform has, too.
func (p *platform) createLegacy(t *testing.T, engine v1alpha1.Engine) legacy {
	t.Helper()
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: engine, DisplayName: "Long-lived " + string(engine)}}
	store.Name = "legacy-" + string(engine)
	if err := p.kube.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	ready := p.waitState(t, store.Name, v1alpha1.StateReady, 3*time.Minute)
	shop, owner := p.visitAsOwner(t, engine, store.Name)
	placed, err := shop.buy(t.Context(), "regular@example.com")
	if err != nil {
		t.Fatal(err)
	}
	picture := aPicture(t)
	path, err := owner.upload(t.Context(), "picture.png", picture)
	if err != nil {
		t.Fatal(err)
	}
	made := legacy{
		Name: store.Name, Engine: engine, UID: ready.UID, Namespace: ready.Status.Namespace,
		Release: *ready.Status.Release, Receipt: *ready.Status.Receipt, Workloads: p.generations(t, ready.Status.Namespace),
		Order: placed, Upload: path, Sum: sum(picture),
	}
	p.verifyLegacy(t, made)
	return made
}

// TestAfterUpgrade runs against today's platform on the same data: the orders and the files are there, and the stores sell.
func TestAfterUpgrade(t *testing.T) {
	p, path := upgradeRole(t, "after")
	content, err := os.ReadFile(path) // #nosec G304 -- written by the first half
	if err != nil {
		t.Fatal(err)
	}
	stores := decode[[]legacy](t, string(content))
	if len(stores) == 0 {
		t.Fatal("the first half of the test created no store")
	}
	for _, before := range stores {
		t.Run(string(before.Engine), func(t *testing.T) {
			after := p.settled(t, before)
			if after.UID != before.UID || after.Status.Namespace != before.Namespace {
				t.Fatalf("the store is another one: %s in %s, was %s in %s", after.UID, after.Status.Namespace, before.UID, before.Namespace)
			}
			if now := after.Status; now.Release.Digest != before.Release.Digest || now.Release.Revision != before.Release.Revision || now.Receipt.OrderNumber != before.Receipt.OrderNumber {
				t.Errorf("the store has release %+v and receipt %+v, had %+v and %+v", now.Release, now.Receipt, before.Release, before.Receipt)
			}
			if diff := cmp.Diff(before.Workloads, p.generations(t, before.Namespace)); diff != "" {
				t.Errorf("workloads were changed without need (-before +after):\n%s", diff)
			}
			p.verifyLegacy(t, before)
			p.buysAgain(t, before)
			p.setPlan(t, before.Name, "medium", 0)
			p.verifyLegacy(t, before)
			p.buysAgain(t, before)
			p.refreshesLegacy(t, before)
		})
	}
}

// refreshesLegacy gives a store of an older platform what today's brings: it keeps what it has, and can be checked and given a title.
func (p *platform) refreshesLegacy(t *testing.T, before legacy) {
	t.Helper()
	p.must(t, "store", "update", before.Name, "--refresh", "--wait", "--timeout", "10m")
	after := p.store(t, before.Name)
	if after.Status.Receipt.OrderNumber != before.Receipt.OrderNumber || cmp.Equal(after.Status.Release.Images, before.Release.Images) {
		t.Errorf("after its refresh the store has receipt %+v and images %v", after.Status.Receipt, after.Status.Release.Images)
	}
	for _, condition := range []string{v1alpha1.Checked, v1alpha1.UpToDate} {
		if !meta.IsStatusConditionTrue(after.Status.Conditions, condition) {
			t.Errorf("after its refresh: %+v", meta.FindStatusCondition(after.Status.Conditions, condition))
		}
	}
	p.verifyLegacy(t, before)
	p.buysAgain(t, before)
	p.must(t, "store", "update", before.Name, "--display-name", "A new life", "--wait")
	p.verifyLegacy(t, before)
	p.buysAgain(t, before)
}

// generations returns how often the workloads of a namespace were changed, by kind and name.
func (p *platform) generations(t *testing.T, namespace string) map[string]int64 {
	t.Helper()
	var deployments appsv1.DeploymentList
	var sets appsv1.StatefulSetList
	for _, list := range []client.ObjectList{&deployments, &sets} {
		if err := p.kube.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]int64{}
	for _, object := range deployments.Items {
		found["Deployment "+object.Name] = object.Generation
	}
	for _, object := range sets.Items {
		found["StatefulSet "+object.Name] = object.Generation
	}
	return found
}

// settled waits until today's platform has taken the store over: before that, what is there is still the older platform's.
func (p *platform) settled(t *testing.T, before legacy) *v1alpha1.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var store v1alpha1.Store
	eventually(ctx, t, before.Name+" is taken over", func(ctx context.Context) error {
		if err := p.kube.Get(ctx, client.ObjectKey{Name: before.Name}, &store); err != nil {
			return err
		}
		release, receipt := store.Status.Release, store.Status.Receipt
		if state := store.State(); state != v1alpha1.StateReady || release == nil || receipt == nil {
			return fmt.Errorf("it is %s: %+v", state, store.Status.Conditions)
		}
		if store.Status.Version == "" {
			return errors.New("today's controller has not said which version it runs")
		}
		return nil
	})
	return &store
}

// verifyLegacy fails the test unless the order and the file are there.
func (p *platform) verifyLegacy(t *testing.T, store legacy) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	eventually(ctx, t, "the owner finds the order of "+store.Name, func(ctx context.Context) error {
		shop, err := p.visit(ctx, store.Engine, store.Name)
		if err != nil {
			return err
		}
		owner, err := p.owner(ctx, t, shop, store.Name)
		if err != nil {
			return err
		}
		orders, err := owner.orders(ctx)
		if err != nil {
			return err
		}
		if !slices.Contains(orders, store.Order) {
			return fmt.Errorf("order %+v is not among %+v", store.Order, orders)
		}
		return nil
	})
	eventually(ctx, t, "the upload of "+store.Name+" is served", func(ctx context.Context) error {
		files := &browser{http: p.http, base: p.url(store.Name), header: http.Header{}}
		content, err := files.call(ctx, http.MethodGet, store.Upload, nil)
		if err == nil && sum(content) != store.Sum {
			err = fmt.Errorf("%s has other content: %d bytes", store.Upload, len(content))
		}
		return err
	})
}

func (p *platform) buysAgain(t *testing.T, store legacy) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	eventually(ctx, t, store.Name+" sells", func(ctx context.Context) error {
		shop, err := p.visit(ctx, store.Engine, store.Name)
		if err != nil {
			return err
		}
		_, err = shop.buy(ctx, "later@example.com")
		return err
	})
}

func (p *platform) visitAsOwner(t *testing.T, engine v1alpha1.Engine, store string) (shop, owner) {
	t.Helper()
	shop, err := p.visit(t.Context(), engine, store)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := p.owner(t.Context(), t, shop, store)
	if err != nil {
		t.Fatal(err)
	}
	return shop, owner
}

func aPicture(t *testing.T) []byte {
	t.Helper()
	var content bytes.Buffer
	if err := png.Encode(&content, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

func sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// upload sends a picture as the administration's own page does.
func (o *medusaOwner) upload(ctx context.Context, name string, content []byte) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="files"; filename=%q`, name)}, "Content-Type": {"image/png"},
	})
	if err != nil {
		return "", err
	}
	if _, err := part.Write(content); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	var answer struct{ Files []struct{ URL string } }
	if err := o.post(ctx, "/admin/uploads", form.FormDataContentType(), &body, &answer); err != nil {
		return "", err
	}
	if len(answer.Files) != 1 {
		return "", fmt.Errorf("the upload left %d files", len(answer.Files))
	}
	return pathOf(answer.Files[0].URL)
}

// upload sends a picture to the media library.
func (o *wooOwner) upload(ctx context.Context, name string, content []byte) (string, error) {
	var answer struct {
		URL string `json:"source_url"`
	}
	err := o.post(ctx, "/wp-json/wp/v2/media", "image/png", bytes.NewReader(content), &answer, "Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	if err != nil {
		return "", err
	}
	return pathOf(answer.URL)
}

// pathOf returns the path of an address.
func pathOf(address string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Path == "" {
		return "", fmt.Errorf("the upload has no address: %q", address)
	}
	return parsed.EscapedPath(), nil
}
