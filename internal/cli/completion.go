package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

// completionTimeout bounds how long a shell waits for what the platform has to offer.
const completionTimeout = 2 * time.Second

func newCompletionCommand(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a script that lets a shell complete commands, flags and names",
		Long: `Print a script that lets a shell complete commands, flags and names with the Tab key. The names of stores, engines and plans come
from the platform; if the platform does not answer within 2 seconds, only built-in values are offered.

The first example is for the current bash session, the others for all new shells. Bash needs the package bash-completion; in
~/.zshrc put the line after the one that calls compinit.`,
		Example: `  source <(shopflow completion bash)
  echo 'source <(shopflow completion bash)' >>~/.bashrc
  echo 'source <(shopflow completion zsh)' >>~/.zshrc
  shopflow completion fish >~/.config/fish/completions/shopflow.fish`,
		Args:      arguments("SHELL"),
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE: func(command *cobra.Command, args []string) error {
			root := command.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(s.Out, true)
			case "zsh":
				return root.GenZshCompletion(s.Out)
			case "fish":
				return root.GenFishCompletion(s.Out, true)
			default:
				return invalidUsage("no completion for %q: choose bash, zsh or fish", args[0])
			}
		},
	}
}

// complete offers the values of a flag to the shell.
func complete(command *cobra.Command, flag string, values ...string) {
	_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // The flag exists.
}

// offers asks the platform what a shell can complete.
type offers func(ctx context.Context, platform *apiclient.Platform) ([]cobra.Completion, error)

// complete offers what the platform says or, where it does not answer in time, the fallback.
func (o offers) complete(target *target, fallback ...cobra.Completion) cobra.CompletionFunc {
	return func(command *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		platform, err := target.platform()
		if err != nil {
			return fallback, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(command.Context(), completionTimeout)
		defer cancel()
		found, err := o(ctx, platform)
		if err != nil {
			found = fallback
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeNames offers the names of the stores as the only argument.
func completeNames(target *target) cobra.CompletionFunc {
	names := offers(func(ctx context.Context, platform *apiclient.Platform) ([]cobra.Completion, error) {
		list, err := platform.Find(ctx, apiclient.ListStoresParams{})
		found := make([]cobra.Completion, 0, len(list.Items))
		for i := range list.Items {
			store := &list.Items[i]
			found = append(found, cobra.CompletionWithDesc(store.Name, fmt.Sprintf("%s, %s", store.Engine, store.State)))
		}
		return found, err
	}).complete(target)
	return func(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(command, args, typed)
	}
}

// completeEngines offers the engines as the value of --engine.
func completeEngines(command *cobra.Command, target *target) {
	engines := offers(func(ctx context.Context, platform *apiclient.Platform) ([]cobra.Completion, error) {
		list, err := platform.Engines(ctx)
		found := make([]cobra.Completion, 0, len(list.Items))
		for _, engine := range list.Items {
			about := strings.TrimSpace(engine.Title + " " + engine.Version)
			if !engine.Available {
				about = "not available: " + engine.Reason
			}
			found = append(found, cobra.CompletionWithDesc(engine.Name, printable(about)))
		}
		return found, err
	})
	_ = command.RegisterFlagCompletionFunc("engine", engines.complete(target)) // The flag exists.
}

// completeComponents offers the components of the store that the command names as the value of --component.
func completeComponents(command *cobra.Command, target *target) {
	complete := func(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return offers(func(ctx context.Context, platform *apiclient.Platform) ([]cobra.Completion, error) {
			if len(args) == 0 {
				return nil, nil
			}
			store, err := platform.Get(ctx, args[0])
			if err != nil {
				return nil, err
			}
			list, err := platform.Engines(ctx)
			var found []cobra.Completion
			for _, engine := range list.Items {
				for _, component := range engine.Components {
					if engine.Name == store.Engine {
						found = append(found, cobra.CompletionWithDesc(component.Name, printable(component.Title)))
					}
				}
			}
			return found, err
		}).complete(target)(command, args, typed)
	}
	_ = command.RegisterFlagCompletionFunc("component", complete) // The flag exists.
}

// completePlans offers the plans as the value of --plan.
func completePlans(command *cobra.Command, target *target) {
	plans := offers(func(ctx context.Context, platform *apiclient.Platform) ([]cobra.Completion, error) {
		list, err := platform.Plans(ctx)
		found := make([]cobra.Completion, 0, len(list.Items))
		for _, plan := range list.Items {
			found = append(found, cobra.CompletionWithDesc(plan.Name, printable(plan.Description)))
		}
		return found, err
	})
	_ = command.RegisterFlagCompletionFunc("plan", plans.complete(target, "small", "medium", "large")) // The flag exists.
}
