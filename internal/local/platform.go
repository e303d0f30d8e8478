package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/helmrelease"
)

const (
	releaseName     = "shopflow"
	tokenSecretName = "shopflow-admin-token" // #nosec G101 -- the name of a Secret
	tokenKey        = "token"

	// platformTimeout is how long the platform's pods have to become ready.
	platformTimeout = 2 * time.Minute
	// pollInterval is how often an address outside the API server, which has no watch, is asked again.
	pollInterval = 100 * time.Millisecond
)

// installPlatform installs or upgrades the platform's chart, waits until it answers, and returns how its administrator reaches it.
func (l *Local) installPlatform(ctx context.Context, images map[string]image) (Access, error) {
	var access Access
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig())
	if err != nil {
		return Access{}, fmt.Errorf("read the kubeconfig: %w", err)
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return Access{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, platformTimeout)
	defer cancel()
	err = l.steps.Do(ctx, "Install the platform", func(ctx context.Context) (string, error) {
		if err := ensureNamespace(ctx, clients); err != nil {
			return "", err
		}
		if access.Token, err = ensureToken(ctx, clients); err != nil {
			return "", err
		}
		if err := ensureAccounts(ctx, clients); err != nil {
			return "", err
		}
		values, err := l.platformValues(images)
		if err != nil {
			return "", err
		}
		return "", release(ctx, config, values)
	})
	if err != nil {
		return Access{}, err
	}
	return access, l.steps.Do(ctx, "Wait for the platform", func(ctx context.Context) (string, error) {
		for _, name := range []string{"shopflow-gateway", "shopflow-controller", "shopflow-server"} {
			if err := waitDeployment(ctx, clients, name); err != nil {
				return "", err
			}
		}
		if err := l.waitAPI(ctx, access.Token); err != nil {
			return "", err
		}
		access.Admin, err = l.ensureAdmin(ctx, clients, access.Token)
		return "", err
	})
}

// platformValues are the chart's local values with what only this machine knows.
func (l *Local) platformValues(images map[string]image) (map[string]any, error) {
	files, err := charts.ShopFlow()
	if err != nil {
		return nil, err
	}
	content, err := fs.ReadFile(files, "values-local.yaml")
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(content, &values); err != nil {
		return nil, fmt.Errorf("read values-local.yaml: %w", err)
	}
	values["image"] = images["shopflow"].ref
	values["domain"] = domain
	values["port"] = l.opts.Port
	values["database"] = map[string]any{"image": images["postgres"].ref}
	values["engines"] = engineValues(images, l.opts.Baseline)
	return values, nil
}

// shop says which images an engine runs, by their roles in the catalogue.
type shop struct {
	version string
	images  map[string]string
	// install is the role and install image the name of what the baseline arm of make bench installs a shop with.
	install, installImage string
}

// shops returns the engines.
func shops() map[string]shop {
	return map[string]shop{
		"medusa": {
			version: medusaVersion, install: "medusaBuild", installImage: "medusa-build",
			images: map[string]string{"medusa": "medusa", "database": "medusa-database", "cache": "valkey"},
		},
		"woocommerce": {
			version: wooCommerceVersion, install: "build", installImage: "woocommerce-build",
			images: map[string]string{"web": "woocommerce", "database": "woocommerce-database"},
		},
	}
}

// unavailableEngines returns the engines that lack an image, and why.
func unavailableEngines(images map[string]image) map[string]string {
	reasons := map[string]string{}
	for name, shop := range shops() {
		for _, role := range slices.Sorted(maps.Keys(shop.images)) {
			if missing := images[shop.images[role]].missing; missing != "" {
				reasons[name] = missing
				break
			}
		}
	}
	return reasons
}

// engineValues are the platform chart's values of the engines: version and images, or why one is not available.
func engineValues(images map[string]image, baseline bool) map[string]any {
	values, unavailable := map[string]any{}, unavailableEngines(images)
	for name, shop := range shops() {
		if reason, ok := unavailable[name]; ok {
			values[name] = map[string]any{"unavailable": reason}
			continue
		}
		references := map[string]any{}
		for role, image := range shop.images {
			references[role] = images[image].ref
		}
		if baseline {
			references[shop.install] = images[shop.installImage].ref
		}
		values[name] = map[string]any{"version": shop.version, "images": references}
	}
	return values
}

// release brings the platform's Helm release to what it should be.
func release(ctx context.Context, config *rest.Config, values map[string]any) error {
	files, err := charts.ShopFlow()
	if err != nil {
		return err
	}
	chart, err := helmrelease.LoadChart(files)
	if err != nil {
		return err
	}
	digest, err := chart.Digest(values)
	if err != nil {
		return err
	}
	client, err := helmrelease.New(config)
	if err != nil {
		return err
	}
	request := helmrelease.Request{Namespace: systemNamespace, Name: releaseName, Chart: chart, Values: values}
	// Unlock and uninstall of what an interrupted run left come before the install or upgrade, so a few rounds are enough.
	for range 5 {
		observed, err := client.Observe(ctx, systemNamespace, releaseName)
		if err != nil {
			return err
		}
		switch action := helmrelease.Decide(observed, helmrelease.Desired{Present: true, Digest: digest}, time.Now()).Action; action {
		case helmrelease.ActionNone:
			return nil
		case helmrelease.ActionInstall:
			err = client.Install(ctx, request)
		case helmrelease.ActionUpgrade:
			err = client.Upgrade(ctx, request)
		case helmrelease.ActionUnlock:
			err = client.Unlock(ctx, systemNamespace, releaseName)
		case helmrelease.ActionUninstall:
			err = client.Uninstall(ctx, systemNamespace, releaseName)
		default:
			err = fmt.Errorf("no way to do %s", action)
		}
		if err != nil {
			return err
		}
	}
	return errors.New("the platform's Helm release does not settle")
}

func ensureNamespace(ctx context.Context, clients kubernetes.Interface) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: systemNamespace,
		Labels: map[string]string{
			"pod-security.kubernetes.io/enforce": "restricted",
			"app.kubernetes.io/part-of":          "shopflow",
		},
	}}
	_, err := clients.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create namespace %s: %w", systemNamespace, err)
	}
	return nil
}

// ensureToken returns the administrator's API token and makes it on the first run.
func ensureToken(ctx context.Context, clients kubernetes.Interface) (string, error) {
	secret, err := ensureSecret(ctx, clients, tokenSecretName, map[string]string{tokenKey: "sft_" + rand.Text()})
	if err != nil {
		return "", err
	}
	return string(secret[tokenKey]), nil
}

// waitDeployment waits until a rollout is complete.
func waitDeployment(ctx context.Context, clients kubernetes.Interface, name string) error {
	last := "it was not seen"
	watcher, err := clients.AppsV1().Deployments(systemNamespace).Watch(ctx, metav1.SingleObject(metav1.ObjectMeta{Name: name}))
	if err != nil {
		return fmt.Errorf("watch %s: %w", name, err)
	}
	defer watcher.Stop()
	for {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return fmt.Errorf("the watch of %s ended: %s", name, last)
			}
			deployment, ok := event.Object.(*appsv1.Deployment)
			if !ok {
				continue
			}
			if rolledOut(deployment) {
				return nil
			}
			last = fmt.Sprintf("%d of %d pods are ready", deployment.Status.ReadyReplicas, deployment.Status.Replicas)
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready: %s; see kubectl -n %s describe pods: %w", name, last, systemNamespace, ctx.Err())
		}
	}
}

func rolledOut(deployment *appsv1.Deployment) bool {
	status, want := deployment.Status, int32(1)
	if deployment.Spec.Replicas != nil {
		want = *deployment.Spec.Replicas
	}
	return status.ObservedGeneration >= deployment.Generation && status.UpdatedReplicas == want &&
		status.Replicas == want && status.AvailableReplicas == want
}

// waitAPI waits until the API answers the administrator at its public address.
func (l *Local) waitAPI(ctx context.Context, token string) error {
	platform, err := apiclient.New(apiclient.Config{Server: l.APIURL(), Token: token})
	if err != nil {
		return err
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		_, err := platform.Find(ctx, apiclient.ListStoresParams{})
		if err == nil {
			return nil
		}
		platform.CloseIdleConnections()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", l.APIURL(), err)
		}
	}
}
