package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/shopper"
)

// baseline makes a store the ordinary way: Helm install, then migrate and seed in the pod. Its end is the same as ours: an
// order through the public address, read back and removed.
type baseline struct {
	kube    client.WithWatch
	helm    *helmrelease.Client
	chart   *helmrelease.Chart
	engines engine.Engines
	shopper *shopper.Shopper
	build   string
	port    int
}

func newBaseline(config *rest.Config, kube client.WithWatch, port int) (*baseline, error) {
	helm, err := helmrelease.New(config)
	if err != nil {
		return nil, err
	}
	files, err := charts.Store(string(v1alpha1.EngineMedusa))
	if err != nil {
		return nil, err
	}
	chart, err := helmrelease.LoadChart(files)
	if err != nil {
		return nil, err
	}
	return &baseline{kube: kube, helm: helm, chart: chart, shopper: shopper.New(clock.RealClock{}), port: port}, nil
}

// settings reads what the running platform was told.
func (b *baseline) settings(ctx context.Context) error {
	if b.build != "" {
		return nil
	}
	var catalog corev1.ConfigMap
	if err := b.kube.Get(ctx, client.ObjectKey{Namespace: "shopflow-system", Name: "shopflow-catalog"}, &catalog); err != nil {
		return err
	}
	parsed, err := engine.ParseCatalog([]byte(catalog.Data["catalog.yaml"]))
	if err != nil {
		return err
	}
	b.engines = engine.Engines{Catalog: parsed, Settings: engine.Settings{
		Domain: "shopflow.localhost", Scheme: "http", Port: b.port, IngressClass: "shopflow", StorageClass: "standard",
	}}
	b.build = parsed.Engines[v1alpha1.EngineMedusa].Images["medusaBuild"]
	if b.build == "" {
		return errors.New("the catalogue names no image medusaBuild, which the baseline arm migrates and seeds with; start with shopflow up --baseline")
	}
	return nil
}

func (b *baseline) create(ctx context.Context, name string) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := b.settings(ctx); err != nil {
		return 0, err
	}
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: v1alpha1.EngineMedusa}}
	store.Name = name
	recipe, err := b.engines.Recipe(store)
	if err != nil {
		return 0, err
	}
	recipe.Values["database"].(map[string]any)["golden"] = false
	recipe.Values["images"].(map[string]any)["medusaBuild"] = b.build
	start := time.Now()
	namespace := "bench-" + name
	defer func() { err = errors.Join(err, b.remove(ctx, namespace)) }()
	credentials, err := engine.Credentials(rand.Reader, recipe.Engine, recipe.AdminEmail)
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
	for _, deployment := range []string{"server", "worker"} {
		if err := b.waitAvailable(ctx, namespace, deployment); err != nil {
			return 0, err
		}
	}
	_, err = b.shopper.Buy(ctx, shopper.Target{
		Engine: recipe.Engine, BaseURL: recipe.URL, Credentials: credentials,
	})
	return time.Since(start), err
}

func (b *baseline) waitAvailable(ctx context.Context, namespace, name string) error {
	watcher, err := b.kube.Watch(ctx, &appsv1.DeploymentList{}, client.InNamespace(namespace), client.MatchingFields{"metadata.name": name})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return errors.New("the watch of deployments ended")
			}
			if deployment, ok := event.Object.(*appsv1.Deployment); ok && deployment.Status.AvailableReplicas > 0 {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("%s/%s did not become available: %w", namespace, name, ctx.Err())
		}
	}
}

// remove deletes the namespace and waits until it is gone.
func (b *baseline) remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	return deleteAndWait(ctx, b.kube, namespace, &corev1.NamespaceList{})
}
