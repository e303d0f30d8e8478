// Package install turns a cluster into a ShopFlow: "shopflow up" and "shopflow install" run its Platform, and the platform's chart
// creates missing Secrets with its Secrets, so that an ordinary Helm client does the same.
package install

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// Where the platform is installed by default.
const (
	DefaultNamespace = "shopflow-system"
	DefaultRelease   = "shopflow"
)

const (
	labelPartOf = "app.kubernetes.io/part-of"
	partOf      = "shopflow"
)

// Options say what to install, and where.
type Options struct {
	Namespace, Release string
	// Values are those of the platform's chart; see Values.
	Values map[string]any
	// HookTimeout is how long the chart's Job has to create Secrets, with the pull of its image.
	HookTimeout time.Duration
}

// Platform is a ShopFlow in a cluster.
type Platform struct {
	opts     Options
	clients  kubernetes.Interface
	helm     *helmrelease.Client
	chart    *helmrelease.Chart
	settings settings
}

// Access is how the administrator reaches a platform.
type Access struct {
	// Token is the administrator's API token, for programs.
	Token string
	// Admin is the first administrator, for people. It is empty where the values name no Secret for one.
	Admin Admin
	// Notes are the chart's: where the platform is and how to sign in.
	Notes string
	// Changed reports that the release was installed or upgraded just now.
	Changed bool
}

// Admin is how the first administrator signs in.
type Admin struct {
	Email, Password string
	// Created reports that the Secret was created just now. Otherwise the account's password may have changed since.
	Created bool
}

// New checks the values and returns the platform that they describe in a cluster.
func New(config *rest.Config, opts Options) (*Platform, error) {
	files, err := charts.ShopFlow()
	if err != nil {
		return nil, err
	}
	chart, err := helmrelease.LoadChart(files)
	if err != nil {
		return nil, err
	}
	settings, err := readSettings(chart, opts.Values)
	if err != nil {
		return nil, err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	helm, err := helmrelease.New(config)
	if err != nil {
		return nil, err
	}
	return &Platform{opts: opts, clients: clients, helm: helm, chart: chart, settings: settings}, nil
}

// Install installs or upgrades the platform's release and returns how to sign in. It does not wait for pods. What is already as the
// values say stays as it is.
func (p *Platform) Install(ctx context.Context) (Access, error) {
	if err := p.ensureNamespace(ctx); err != nil {
		return Access{}, err
	}
	missing, err := p.missingSecrets(ctx)
	if err != nil {
		return Access{}, err
	}
	result, err := p.converge(ctx)
	if err != nil {
		return Access{}, err
	}
	if left, err := p.missingSecrets(ctx); err != nil || len(left) > 0 {
		if err != nil {
			return Access{}, err
		}
		// The release was as desired, so nothing ran its hooks.
		if err := p.helm.Upgrade(ctx, p.request()); err != nil {
			return Access{}, err
		}
	}
	access, err := p.access(ctx)
	access.Notes, access.Changed = result.Observed.Notes, result.Changed || len(missing) > 0
	access.Admin.Created = missing[p.settings.Auth.FirstAdminSecret]
	return access, err
}

func (p *Platform) request() helmrelease.Request {
	return helmrelease.Request{
		Namespace: p.opts.Namespace, Name: p.opts.Release, Chart: p.chart, Values: p.opts.Values, Timeout: p.opts.HookTimeout,
	}
}

// converge brings the platform's Helm release to what it should be.
func (p *Platform) converge(ctx context.Context) (helmrelease.Result, error) {
	digest, err := p.chart.Digest(p.opts.Values)
	if err != nil {
		return helmrelease.Result{}, err
	}
	result, err := p.helm.Converge(ctx, helmrelease.Target{
		Request: p.request(), Desired: helmrelease.Desired{Digest: digest}, Clock: clock.RealClock{},
	})
	if err != nil {
		return helmrelease.Result{}, err
	}
	if result.Action != helmrelease.ActionNone {
		return helmrelease.Result{}, fmt.Errorf("release %s in namespace %s is %s: another Helm client is changing it; try again when it has finished",
			p.opts.Release, p.opts.Namespace, result.Observed.Status)
	}
	return result, nil
}

func (p *Platform) ensureNamespace(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:   p.opts.Namespace,
		Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted", labelPartOf: partOf},
	}}
	_, err := p.clients.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create namespace %s: %w", p.opts.Namespace, err)
	}
	return nil
}

// missingSecrets returns the names of the platform's Secrets that do not exist.
func (p *Platform) missingSecrets(ctx context.Context) (map[string]bool, error) {
	missing := map[string]bool{}
	for _, name := range p.settings.secrets() {
		_, err := p.clients.CoreV1().Secrets(p.opts.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("read secret %s: %w", name, err)
		}
		if err != nil {
			missing[name] = true
		}
	}
	return missing, nil
}

// access reads how to sign in.
func (p *Platform) access(ctx context.Context) (Access, error) {
	read := func(name string) (map[string][]byte, error) {
		secret, err := p.clients.CoreV1().Secrets(p.opts.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return nil, fmt.Errorf("read secret %s: %w", name, err)
		}
		return secret.Data, nil
	}
	token, err := read(p.settings.AdminTokenSecret)
	if err != nil {
		return Access{}, err
	}
	access := Access{Token: string(token[keyToken])}
	if p.settings.Auth.FirstAdminSecret != "" {
		admin, err := read(p.settings.Auth.FirstAdminSecret)
		if err != nil {
			return Access{}, err
		}
		access.Admin = Admin{Email: string(admin[keyEmail]), Password: string(admin[keyPassword])}
	}
	return access, nil
}
