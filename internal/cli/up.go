package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/local"
	"shopflow.dev/shopflow/internal/progress"
)

// localFlags say which local ShopFlow a command means.
type localFlags struct {
	root string
	opts local.Options
}

func (f *localFlags) addTo(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.root, "root", envOr("SHOPFLOW_ROOT", ""), "the clone of ShopFlow; found from the working directory upwards (env SHOPFLOW_ROOT)")
	flags.StringVar(&f.opts.Instance, "instance", envOr("SHOPFLOW_INSTANCE", "shopflow"), "name of the node; instances do not see each other (env SHOPFLOW_INSTANCE)")
	flags.IntVar(&f.opts.Port, "port", 8080, "local port of all addresses")
	flags.StringVar(&f.opts.Dir, "dir", envOr("SHOPFLOW_DIR", ""), "folder of the node's data and the client's configuration; .shopflow in the clone if empty (env SHOPFLOW_DIR)")
}

func (f *localFlags) open(s Streams) (*local.Local, error) {
	root := f.root
	if root == "" {
		folder, err := os.Getwd()
		if err != nil {
			return nil, fmt.Errorf("find the working directory: %w", err)
		}
		if root, err = local.FindRoot(folder); err != nil {
			return nil, err
		}
	}
	opts := f.opts
	opts.Root = root
	return local.New(opts, progress.New(s.Err))
}

func newUpCommand(s Streams) *cobra.Command {
	flags, demo := &localFlags{}, true
	command := &cobra.Command{
		Use:   "up",
		Short: "Start ShopFlow on this machine",
		Long: `Start ShopFlow on this machine: build what is missing, start a Kubernetes node, install the platform, and make a demo
store that has sold something. What is there already is left as it is.`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			machine, err := flags.open(s)
			if err != nil {
				return err
			}
			access, err := machine.Up(command.Context())
			if err != nil {
				return err
			}
			target := &target{server: machine.APIURL(), token: access.Token}
			if demo {
				if err := makeDemo(command, s, target); err != nil {
					return err
				}
			}
			fmt.Fprint(s.Err, upText(machine, access.Admin))
			return nil
		},
	}
	flags.addTo(command)
	command.Flags().BoolVar(&flags.opts.Baseline, "baseline", false, "also load what the baseline arm of make bench runs")
	command.Flags().BoolVar(&demo, "demo", true, "make a store named demo")
	return command
}

// upText says where everything is and how to sign in.
func upText(machine *local.Local, admin local.Admin) string {
	changed := ""
	if !admin.Made {
		changed = "\n              (as it was made; if it was changed and lost: bin/shopflow user reset-password " + admin.Email + ")"
	}
	return fmt.Sprintf(`
ShopFlow is up.
  Dashboard   %[1]s
  Sign in     %[2]s with the password %[3]s%[4]s
  API         %[1]s/api/v1
  Kubeconfig  %[5]s
  Next        bin/shopflow store create my-shop --engine medusa --wait
`, machine.APIURL(), admin.Email, admin.Password, changed, machine.Kubeconfig())
}

// makeDemo makes the demo store and shows how to sign in to it.
func makeDemo(command *cobra.Command, s Streams, target *target) error {
	for _, step := range []struct {
		run  *cobra.Command
		args []string
	}{
		{newStoreCreateCommand(s, target), []string{"demo", "--engine", "medusa", "--display-name", "Fern & Flint", "--wait"}},
		{newStoreCredentialsCommand(s, target), []string{"demo"}},
	} {
		step.run.SetArgs(step.args)
		step.run.SilenceErrors, step.run.SilenceUsage = true, true
		if err := step.run.ExecuteContext(command.Context()); err != nil {
			return fmt.Errorf("make the demo store: %w", err)
		}
	}
	return nil
}

func newDownCommand(s Streams) *cobra.Command {
	flags := &localFlags{}
	command := &cobra.Command{
		Use:   "down",
		Short: "Stop the local ShopFlow and keep its data",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			machine, err := flags.open(s)
			if err != nil {
				return err
			}
			return machine.Down(command.Context())
		},
	}
	flags.addTo(command)
	return command
}

func newDestroyCommand(s Streams) *cobra.Command {
	flags := &localFlags{}
	command := &cobra.Command{
		Use:   "destroy",
		Short: "Remove the local ShopFlow with all its stores",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			machine, err := flags.open(s)
			if err != nil {
				return err
			}
			return machine.Destroy(command.Context())
		},
	}
	flags.addTo(command)
	return command
}

func newBuildCommand(s Streams) *cobra.Command {
	flags := &localFlags{}
	command := &cobra.Command{
		Use:   "build",
		Short: "Build what the local ShopFlow is made of, and print the folder of the node's programs",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			machine, err := flags.open(s)
			if err != nil {
				return err
			}
			programs, err := machine.Build(command.Context())
			if err != nil {
				return err
			}
			fmt.Fprintln(s.Out, programs)
			return nil
		},
	}
	flags.addTo(command)
	return command
}
