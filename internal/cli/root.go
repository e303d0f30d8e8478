// Package cli is the command line of ShopFlow: flags and wiring. It is the only place that builds dependencies.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/version"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// platformGroup is the heading of the commands that pods run.
const platformGroup = "Processes of the platform:"

// Streams are where a command reads and writes. Results go to Out, everything else to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the command line and returns its exit code: 0 done, 1 failed, 2 invalid usage. It ends early when the context does.
func Main(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRootCommand(Streams{In: in, Out: out, Err: errs})
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	var misuse *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &misuse):
		fmt.Fprintf(errs, "Error: %v\nRun '%s --help' for how to use it.\n", err, command.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(errs, "Error: %s\n", explain(command, err))
		return exitFailed
	}
}

func newRootCommand(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "shopflow",
		Short: "A store cloud on Kubernetes",
		Long: `ShopFlow runs online stores on Kubernetes. A store is Ready only when it has sold something.

Results go to the standard output, everything else to the standard error. The exit code is 0 for success, 1 for
failure, and 2 for invalid usage. "shopflow COMMAND --help" describes a command.`,
		Example: `  shopflow store create my-shop --engine medusa --wait
  shopflow store list`,
		Version:       version.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(command *cobra.Command, _ []string) {
			if command.GroupID != platformGroup {
				logLibraries(slog.DiscardHandler)
			}
		},
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	addGroup(root, "Stores:", newStoreCommand(s), newEngineCommand(s))
	addGroup(root, "Accounts:", newLoginCommand(s), newLogoutCommand(s), newWhoamiCommand(s), newTokenCommand(s), newUserCommand(s))
	addGroup(root, "On this machine:", newUpCommand(s), newDownCommand(s), newDestroyCommand(s), newValuesCommand(s))
	addGroup(root, "In a cluster:", newInstallCommand(s))
	addGroup(root, platformGroup, newServerCommand(s), newControllerCommand(s), newGatewayCommand(s), newBootstrapCommand(s))
	root.AddCommand(newVersionCommand(s), newCompletionCommand(s), newReferenceCommand(s))
	asGroup(root)
	return root
}

// addGroup adds commands under a heading of the help text.
func addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, command := range commands {
		command.GroupID = title
	}
	root.AddCommand(commands...)
}

// envOr returns the environment variable, or the fallback if it is not set or empty.
func envOr(name, fallback string) string {
	return cmp.Or(os.Getenv(name), fallback)
}

// usageError means that the command line itself is wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func invalidUsage(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// asGroup makes a command that only holds others show its help, and say so when it is given anything else.
func asGroup(group *cobra.Command) {
	group.Args = func(command *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := ""
		if near := command.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf("; did you mean %s?", strings.Join(near, " or "))
		}
		return invalidUsage("unknown command %q for %q%s", args[0], command.CommandPath(), hint)
	}
	group.SuggestionsMinimumDistance = 2
	group.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
}

// arguments returns a check that each of the named arguments is given, and nothing else.
func arguments(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return invalidUsage("%s is required", names[len(args)])
		case len(args) > len(names):
			return invalidUsage("unexpected argument %q", args[len(names)])
		default:
			return nil
		}
	}
}
