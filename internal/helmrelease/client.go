package helmrelease

import (
	"fmt"
	"log/slog"
	"sync"

	helmaction "helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	helmkube "helm.sh/helm/v4/pkg/kube"
	"helm.sh/helm/v4/pkg/storage"
	"helm.sh/helm/v4/pkg/storage/driver"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// maxHistory is how many revisions of a release are kept: the one that runs and the one before.
const maxHistory = 2

// fieldManager owns the fields that a release sets. It is the ordinary Helm client's own: with another name, server-side apply would
// refuse what people do with that client, such as a rollback.
const fieldManager = "helm"

// Client runs releases. It is safe for use by several goroutines. Every method but Converge ends within a minute (an action with hooks
// within its Request's Timeout and half a minute), with ErrBusy if the API server or the SDK hangs.
type Client struct {
	getter  helmaction.RESTClientGetter
	kube    func(namespace string) helmkube.Interface
	records func(namespace string) driver.Driver
	calls   calls

	abilitiesMu sync.Mutex
	abilities   *common.Capabilities

	inventoriesMu sync.Mutex
	inventories   map[string]inventory
}

// New returns a client for the cluster that config speaks to. Requests are not limited on this side: the API server's
// own priority and fairness does that better.
func New(config *rest.Config) (*Client, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	config.Timeout = requestTimeout
	getter, err := newGetter(config)
	if err != nil {
		return nil, err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("create Kubernetes client: %w", err)
	}
	// The SDK keeps this name in a package variable; there is no other way to set it.
	helmkube.ManagedFieldsManager = fieldManager
	return &Client{
		getter:      getter,
		inventories: map[string]inventory{},
		records: func(namespace string) driver.Driver {
			secrets := driver.NewSecrets(clients.CoreV1().Secrets(namespace))
			secrets.SetLogger(slog.DiscardHandler)
			return secrets
		},
		kube: func(namespace string) helmkube.Interface {
			client := helmkube.New(getter)
			client.Namespace = namespace
			client.SetLogger(slog.DiscardHandler)
			return client
		},
	}, nil
}

// configuration builds what the SDK's actions share, for one namespace.
func (c *Client) configuration(namespace string) (*helmaction.Configuration, error) {
	abilities, err := c.capabilities()
	if err != nil {
		return nil, err
	}
	config := helmaction.NewConfiguration()
	config.SetLogger(slog.DiscardHandler)
	config.RESTClientGetter = c.getter
	config.KubeClient = c.kube(namespace)
	config.Releases = c.storage(namespace)
	config.Capabilities = abilities
	return config, nil
}

func (c *Client) storage(namespace string) *storage.Storage {
	store := storage.Init(c.records(namespace))
	store.SetLogger(slog.DiscardHandler)
	store.MaxHistory = maxHistory
	return store
}

// capabilities asks the cluster once for its version and APIs. The SDK would ask before each action, which costs more than the
// action itself.
func (c *Client) capabilities() (*common.Capabilities, error) {
	c.abilitiesMu.Lock()
	defer c.abilitiesMu.Unlock()
	if c.abilities != nil {
		return c.abilities, nil
	}
	client, err := c.getter.ToDiscoveryClient()
	if err != nil {
		return nil, err
	}
	version, err := client.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("ask for the cluster's version: %w", err)
	}
	apis, err := helmaction.GetVersionSet(client)
	if err != nil {
		return nil, fmt.Errorf("ask for the cluster's APIs: %w", err)
	}
	c.abilities = &common.Capabilities{
		APIVersions: apis,
		KubeVersion: common.KubeVersion{Version: version.GitVersion, Major: version.Major, Minor: version.Minor},
		HelmVersion: common.DefaultCapabilities.HelmVersion,
	}
	return c.abilities, nil
}
