package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newStoreCommand(s Streams) *cobra.Command {
	target := &target{}
	group := &cobra.Command{
		Use:   "store",
		Short: "Make, show and delete stores",
		Long: `Make, show and delete stores.

Where the platform is and how to sign in comes from .shopflow/client.yaml in this folder or one above it, which "make up"
writes; flags and environment variables win over it.`,
	}
	target.addTo(group)
	group.AddCommand(
		newStoreCreateCommand(s, target),
		newStoreListCommand(s, target),
		newStoreGetCommand(s, target),
		newStoreCredentialsCommand(s, target),
		newStoreLogsCommand(s, target),
		newStoreEventsCommand(s, target),
		newStoreMetricsCommand(s, target),
		newStoreRetryCommand(s, target),
		newStoreDeleteCommand(s, target),
	)
	asGroup(group)
	return group
}

func connect(config apiclient.Config) (*apiclient.Platform, error) {
	platform, err := apiclient.New(config)
	if err != nil {
		return nil, &misuseError{err}
	}
	return platform, nil
}

// explain says what went wrong and, where that is known, what to do about it.
func explain(err error) string {
	var unreachable *apiclient.UnreachableError
	switch {
	case errors.As(err, &unreachable):
		return fmt.Sprintf("%v\nIs it running? \"make up\" starts it.", err)
	case apiclient.IsCode(err, apiclient.ProblemCodeUnauthorized):
		return fmt.Sprintf("the platform does not accept the token (%v)\n\"shopflow login\" makes a new one; for the platform of this machine \"make up\" writes the right one to .shopflow/client.yaml.", err)
	case errors.Is(err, context.Canceled):
		return "interrupted"
	default:
		return err.Error()
	}
}

func newStoreListCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	var params apiclient.ListStoresParams
	var state string
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the stores",
		Example: "  shopflow store list\n  shopflow store list -o json | jq -r '.items[].url'\n  shopflow store list --state Failed",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			var err error
			if params.State, err = stateNamed(state); err != nil {
				return err
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			list, err := platform.Find(command.Context(), params)
			if err != nil {
				return err
			}
			if len(list.Items) == 0 && params != (apiclient.ListStoresParams{}) {
				fmt.Fprintln(s.Err, "No store is like that.")
			} else if len(list.Items) == 0 {
				fmt.Fprintln(s.Err, "There are no stores yet. Make one: shopflow store create my-shop --engine medusa --wait")
			}
			return printResult(s.Out, format, list, func() string { return table(list.Items) })
		},
	}
	flags := command.Flags()
	flags.StringVar(&params.Engine, "engine", "", "only stores of this engine")
	flags.StringVar(&state, "state", "", "only stores in this state: Provisioning, Ready, Failed or Deleting")
	flags.StringVar(&params.Owner, "owner", "", "only stores of the user with this id")
	flags.StringVarP(&params.Q, "search", "q", "", "only stores with this in their name or title")
	complete(command, "engine", "medusa", "woocommerce")
	complete(command, "state", states()...)
	format.addTo(command)
	return command
}

// states returns the states of stores.
func states() []string {
	return []string{"Provisioning", "Ready", "Failed", "Deleting"}
}

// stateNamed returns the state with the name in any case; none for no name.
func stateNamed(name string) (apiclient.StoreState, error) {
	i := slices.IndexFunc(states(), func(state string) bool { return strings.EqualFold(state, name) })
	if name != "" && i < 0 {
		return "", misused("there is no state %q: it is one of %s", name, strings.Join(states(), ", "))
	}
	if i < 0 {
		return "", nil
	}
	return apiclient.StoreState(states()[i]), nil
}

func newStoreGetCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	command := &cobra.Command{
		Use:               "get NAME",
		Short:             "Show a store: its state, its addresses, its receipt and what it is waiting for",
		Example:           "  shopflow store get my-shop\n  shopflow store get my-shop -o yaml",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			store, err := platform.Get(command.Context(), args[0])
			if err != nil {
				return err
			}
			return printResult(s.Out, format, store, func() string { return describe(store) })
		},
	}
	format.addTo(command)
	return command
}

func newStoreCredentialsCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	command := &cobra.Command{
		Use:               "credentials NAME",
		Short:             "Show how to sign in to a store's own administration",
		Example:           "  shopflow store credentials my-shop\n  shopflow store credentials my-shop -o json | jq -r .password",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			credentials, err := platform.Credentials(command.Context(), args[0])
			if err != nil {
				return err
			}
			return printResult(s.Out, format, credentials, func() string { return describeCredentials(credentials) })
		},
	}
	format.addTo(command)
	return command
}

// completionTimeout bounds how long a shell waits for names.
const completionTimeout = 2 * time.Second

// completeNames offers the names of the stores to the shell.
func completeNames(target *target) cobra.CompletionFunc {
	return func(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		platform, err := target.platform()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(command.Context(), completionTimeout)
		defer cancel()
		list, err := platform.Find(ctx, apiclient.ListStoresParams{})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := make([]string, 0, len(list.Items))
		for i := range list.Items {
			names = append(names, list.Items[i].Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
