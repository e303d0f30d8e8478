package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"shopflow.dev/shopflow/internal/install"
)

func newBootstrapCommand(s Streams) *cobra.Command {
	namespace, secrets := "", install.Secrets{}
	command := &cobra.Command{
		Use:   "bootstrap",
		Short: "Create the platform's Secrets that are missing",
		Long: `Create the platform's Secrets that are missing. The platform's chart runs it before each install and upgrade. Secrets that exist are
never read or changed. It reaches the Kubernetes API as the ServiceAccount of its pod or, outside of a cluster, as $KUBECONFIG says.`,
		Example: "  shopflow bootstrap --namespace shops --session-secret shopflow-session --admin-token-secret shopflow-admin-token",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return bootstrap(command.Context(), slog.New(slog.NewJSONHandler(s.Err, nil)), namespace, secrets)
		},
	}
	flags := command.Flags()
	flags.StringVar(&namespace, "namespace", "", "namespace of the platform (required)")
	flags.StringVar(&secrets.Database, "database-secret", "", "Secret for the password and the connection string of the platform's own PostgreSQL")
	flags.StringVar(&secrets.DatabaseAddress, "database-address", "shopflow-database:5432", "host:port of that PostgreSQL")
	flags.StringVar(&secrets.Session, "session-secret", "", "Secret for the key that cookies are encrypted with")
	flags.StringVar(&secrets.AdminToken, "admin-token-secret", "", "Secret for the administrator's API token")
	flags.StringVar(&secrets.FirstAdmin, "first-admin-secret", "", "Secret for the first administrator's e-mail address and password")
	flags.StringVar(&secrets.AdminEmail, "admin-email", "", "e-mail address of the first administrator")
	return command
}

func bootstrap(ctx context.Context, logger *slog.Logger, namespace string, secrets install.Secrets) error {
	if namespace == "" {
		return invalidUsage("--namespace is required")
	}
	kubeconfig, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("find the Kubernetes API: %w", err)
	}
	clients, err := kubernetes.NewForConfig(kubeconfig)
	if err != nil {
		return fmt.Errorf("connect to Kubernetes: %w", err)
	}
	created, err := secrets.Create(ctx, clients, namespace)
	logger.InfoContext(ctx, "secrets created", "namespace", namespace, "names", created)
	return err
}
