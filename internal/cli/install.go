package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"shopflow.dev/shopflow/internal/install"
	"shopflow.dev/shopflow/internal/progress"
)

type installOptions struct {
	kubeconfig, context string
	namespace, release  string
	profile             string
	values              []string
	wait                bool
	timeout             time.Duration
}

func newInstallCommand(s Streams) *cobra.Command {
	opts := &installOptions{}
	command := &cobra.Command{
		Use:   "install",
		Short: "Install or upgrade ShopFlow in a Kubernetes cluster",
		Long: `Install or upgrade ShopFlow in a Kubernetes cluster. It does what "helm upgrade --install" does with the platform's chart, which
this program carries: any Helm client shows and manages the release. What is already as the values say stays as it is, and Secrets that
exist are never changed. docs/install.md describes the values and how images get into a cluster.`,
		Example: `  shopflow install --values values.yaml
  shopflow install --kubeconfig prod.yaml --profile prod --values values.yaml --timeout 10m`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error { return opts.run(command.Context(), s) },
	}
	flags := command.Flags()
	flags.StringVar(&opts.kubeconfig, "kubeconfig", "", "kubeconfig of the cluster; if empty, as kubectl finds it: $KUBECONFIG, then ~/.kube/config")
	flags.StringVar(&opts.context, "context", "", "context of the kubeconfig; if empty, the current one")
	flags.StringVarP(&opts.namespace, "namespace", "n", install.DefaultNamespace, "namespace of the platform; it is created if it is missing")
	flags.StringVar(&opts.release, "release", install.DefaultRelease, "name of the Helm release")
	flags.StringVar(&opts.profile, "profile", "", "values to start from: "+profileNames()+"; if empty, the chart's defaults")
	flags.StringArrayVarP(&opts.values, "values", "f", nil, "file with values of the chart; may be repeated, and later files win")
	flags.BoolVar(&opts.wait, "wait", true, "wait until the platform's pods are ready; --wait=false returns when the cluster has the release")
	flags.DurationVar(&opts.timeout, "timeout", 5*time.Minute, "how long to wait for the chart's Job, and then for the pods, such as 10m")
	complete(command, "profile", strings.Split(profileNames(), ", ")...)
	return command
}

func profileNames() string {
	var names []string
	for _, profile := range install.Profiles() {
		names = append(names, string(profile))
	}
	return strings.Join(names, ", ")
}

func (o *installOptions) run(ctx context.Context, s Streams) error {
	if o.timeout <= 0 {
		return invalidUsage("--timeout must be greater than 0, such as 5m")
	}
	values, err := install.Values(install.Profile(o.profile), o.values...)
	if err != nil {
		return err
	}
	config, err := o.cluster()
	if err != nil {
		return err
	}
	platform, err := install.New(config, install.Options{Namespace: o.namespace, Release: o.release, Values: values, HookTimeout: o.timeout})
	if err != nil {
		return err
	}
	steps := progress.New(s.Err)
	var access install.Access
	err = steps.Do(ctx, "Install the platform", func(ctx context.Context) (string, error) {
		access, err = platform.Install(ctx)
		return progress.NoteIf(!access.Changed), err
	})
	if err != nil {
		return err
	}
	if o.wait {
		err = steps.Do(ctx, "Wait for the platform", func(ctx context.Context) (string, error) {
			ctx, cancel := context.WithTimeout(ctx, o.timeout)
			defer cancel()
			waited, err := platform.Wait(ctx)
			return progress.NoteIf(!waited), err
		})
	}
	if err == nil {
		fmt.Fprintln(s.Out, strings.TrimSpace(access.Notes))
	}
	return err
}

// cluster returns the cluster that the flags name.
func (o *installOptions) cluster() (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.context}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w; name its kubeconfig with --kubeconfig", err)
	}
	return config, nil
}
