package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/install"
	"shopflow.dev/shopflow/internal/shopper"
)

// baseline creates a store the ordinary way: Helm install, then install the shop into an empty database in the pod. Its end is
// the same as ours: an order through the public address, read back and removed.
type baseline struct {
	kube    client.WithWatch
	helm    *helmrelease.Client
	chart   *helmrelease.Chart
	engine  engine.Engine
	engines engine.Engines
	shopper *shopper.Shopper
	port    int
}

func newBaseline(config *rest.Config, kube client.WithWatch, one engine.Engine, port int) (*baseline, error) {
	helm, err := helmrelease.New(config)
	if err != nil {
		return nil, err
	}
	chart, err := helmrelease.LoadChart(one.Chart)
	if err != nil {
		return nil, err
	}
	return &baseline{kube: kube, helm: helm, chart: chart, engine: one, shopper: shopper.New(clock.RealClock{}), port: port}, nil
}

// settings reads what the running platform was told, and returns the image that installs the shop.
func (b *baseline) settings(ctx context.Context) (build string, err error) {
	parsed, err := readCatalog(ctx, b.kube)
	if err != nil {
		return "", err
	}
	b.engines = engine.Engines{Known: []engine.Engine{b.engine}, Catalog: parsed, Settings: engine.Settings{
		Domain: "shopflow.localhost", Scheme: "http", Port: b.port, IngressClass: "shopflow", StorageClass: "standard",
	}}
	role, offer := b.engine.Installer.Role, parsed.Engines[b.engine.Name]
	if build = offer.Versions[offer.Default].Images[role]; build == "" {
		return "", fmt.Errorf("the catalog names no image %s of %s, which the baseline arm installs with; start with shopflow up --baseline", role, b.engine.Name)
	}
	return build, nil
}

func readCatalog(ctx context.Context, kube client.Client) (catalog.Catalog, error) {
	var written corev1.ConfigMap
	if err := kube.Get(ctx, client.ObjectKey{Namespace: install.DefaultNamespace, Name: "shopflow-catalog"}, &written); err != nil {
		return catalog.Catalog{}, err
	}
	return catalog.Parse([]byte(written.Data["catalog.yaml"]))
}

func (b *baseline) create(ctx context.Context, name string) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	build, err := b.settings(ctx)
	if err != nil {
		return 0, err
	}
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: b.engine.Name}}
	store.Name = name
	recipe, err := b.engines.Recipe(store, nil)
	if err != nil {
		return 0, err
	}
	recipe.Values["database"].(map[string]any)["golden"] = false
	recipe.Values["images"].(map[string]any)[b.engine.Installer.Role] = build
	start := time.Now()
	namespace := "bench-" + name
	defer func() { err = errors.Join(err, b.remove(ctx, namespace)) }()
	credentials, err := recipe.Engine.Credentials(rand.Reader, recipe.AdminEmail)
	if err != nil {
		return 0, err
	}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1alpha1.CredentialsSecret}, StringData: credentials},
	} {
		if err := b.kube.Create(ctx, object); err != nil {
			return 0, err
		}
	}
	request := helmrelease.Request{Namespace: namespace, Name: name, Chart: b.chart, Values: recipe.Values}
	if err := b.helm.Install(ctx, request); err != nil {
		return 0, err
	}
	if err := b.waitAvailable(ctx, namespace); err != nil {
		return 0, err
	}
	_, err = b.shopper.Buy(ctx, shopper.Target{
		NewShop: recipe.Engine.NewShop, BaseURL: recipe.URL, Credentials: credentials,
	})
	return time.Since(start), err
}

// waitAvailable waits until every Deployment of a namespace has a pod that serves.
func (b *baseline) waitAvailable(ctx context.Context, namespace string) error {
	var list appsv1.DeploymentList
	if err := b.kube.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return err
	}
	missing := map[string]bool{}
	for _, deployment := range list.Items {
		missing[deployment.Name] = true
	}
	watcher, err := b.kube.Watch(ctx, &appsv1.DeploymentList{}, client.InNamespace(namespace))
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for len(missing) > 0 {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return errors.New("the watch of deployments ended")
			}
			if deployment, ok := event.Object.(*appsv1.Deployment); ok && deployment.Status.AvailableReplicas > 0 {
				delete(missing, deployment.Name)
			}
		case <-ctx.Done():
			return fmt.Errorf("%v in %s did not become available: %w", slices.Sorted(maps.Keys(missing)), namespace, ctx.Err())
		}
	}
	return nil
}

// remove deletes the namespace and waits until it is gone.
func (b *baseline) remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	return deleteAndWait(ctx, b.kube, namespace, &corev1.NamespaceList{})
}
