package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

func newStoreCommand(s Streams) *cobra.Command {
	target := &target{}
	group := &cobra.Command{
		Use:   "store",
		Short: "Create, inspect and delete stores",
		Long: `Create, inspect and delete stores.

Where the platform is and how to sign in is found in this order:
1. --server and --token, or SHOPFLOW_SERVER and SHOPFLOW_TOKEN. A token in the environment needs a server beside it.
2. .shopflow/client.yaml in this folder or the nearest one above it, which "make up" writes. If you used "shopflow login" for
that platform, that account is used.
3. The platform of "shopflow login".`,
		Example: `  shopflow store create my-shop --engine medusa --wait
  shopflow store list --server https://shops.example.com`,
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
		newStoreUpdateCommand(s, target),
		newStoreRetryCommand(s, target),
		newStoreResetCommand(s, target),
		newStoreDeleteCommand(s, target),
	)
	asGroup(group)
	return group
}

func newStoreListCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	var params apiclient.ListStoresParams
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the stores",
		Example: "  shopflow store list\n  shopflow store list -o json | jq -r '.items[].url'\n  shopflow store list --state Failed",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			list, err := platform.Find(command.Context(), params)
			if err != nil {
				return err
			}
			if len(list.Items) == 0 && params != (apiclient.ListStoresParams{}) {
				fmt.Fprintln(s.Err, "No stores match.")
			} else if len(list.Items) == 0 {
				fmt.Fprintln(s.Err, "No stores yet. Create one: shopflow store create my-shop --engine medusa --wait")
			}
			return printResult(s.Out, format, list, func() string { return table(list.Items) })
		},
	}
	flags := command.Flags()
	flags.StringVar(&params.Engine, "engine", "", "only stores of this engine, such as medusa")
	flags.Var((*stateFlag)(&params.State), "state", "only stores in this state, in any case: "+strings.Join(stateNames(), ", "))
	flags.StringVar(&params.Owner, "owner", "", "only stores of the user with this id")
	flags.StringVarP(&params.Q, "search", "q", "", "only stores with this text in their name or title, in any case")
	completeEngines(command, target)
	complete(command, "state", stateNames()...)
	format.addTo(command)
	return command
}

// stateFlag is the state of a store as a flag's value, in any case.
type stateFlag apiclient.StoreState

// String returns the state.
func (f *stateFlag) String() string { return string(*f) }

// Set accepts the name of a state.
func (f *stateFlag) Set(value string) error {
	for _, name := range stateNames() {
		if strings.EqualFold(name, value) {
			*f = stateFlag(name)
			return nil
		}
	}
	return fmt.Errorf("choose one of %s", strings.Join(stateNames(), ", "))
}

// Type names the flag's value in help texts.
func (f *stateFlag) Type() string { return "state" }

func stateNames() []string {
	var names []string
	for _, state := range v1alpha1.States() {
		names = append(names, string(state))
	}
	return names
}

func newStoreGetCommand(s Streams, target *target) *cobra.Command {
	return query[apiclient.Store]{
		use: "get", short: "Show a store: its state, addresses and receipt, and what it is waiting for",
		example: "  shopflow store get my-shop\n  shopflow store get my-shop -o yaml",
		ask:     (*apiclient.Platform).Get, show: describe,
	}.command(s, target)
}

func newStoreCredentialsCommand(s Streams, target *target) *cobra.Command {
	return query[apiclient.Credentials]{
		use: "credentials", short: "Show how to sign in to a store's admin",
		example: "  shopflow store credentials my-shop\n  shopflow store credentials my-shop -o json | jq -r .password",
		ask:     (*apiclient.Platform).Credentials, show: describeCredentials,
	}.command(s, target)
}
