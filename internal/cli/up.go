package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/install"
	"shopflow.dev/shopflow/internal/local"
	"shopflow.dev/shopflow/internal/progress"
)

// demoStore is the name of the store that up creates.
const demoStore = "demo"

// localFlags say which local ShopFlow a command means.
type localFlags struct {
	root string
	opts local.Options
}

func (f *localFlags) addTo(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.root, "root", envOr("SHOPFLOW_ROOT", ""), "folder of the clone of ShopFlow; if empty, the nearest one from the working directory upwards (env SHOPFLOW_ROOT)")
	flags.StringVar(&f.opts.Instance, "instance", envOr("SHOPFLOW_INSTANCE", "shopflow"), "name of the node; instances do not see each other (env SHOPFLOW_INSTANCE)")
	flags.IntVar(&f.opts.Port, "port", 8080, "port of all addresses on this machine: 1 to 65535")
	flags.StringVar(&f.opts.Dir, "dir", envOr("SHOPFLOW_DIR", ""), "folder for the node's data and the client's configuration; if empty, .shopflow in the clone (env SHOPFLOW_DIR)")
}

func (f *localFlags) open(s Streams) (*local.Local, error) {
	root := f.root
	if root == "" {
		folder, err := os.Getwd()
		if err != nil {
			return nil, fmt.Errorf("find the working directory: %w", err)
		}
		if root, err = build.FindRoot(folder); err != nil {
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
		Long: `Start ShopFlow on this machine: start a Kubernetes node, install the platform, and create a demo store that has sold
something. What already runs stays as it is. It needs root, and what "make up" builds before it runs this command.`,
		Example: "  shopflow up\n  shopflow up --port 9090 --instance second --dir second --demo=false",
		Args:    arguments(),
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
				if err := createDemo(command, s, target); err != nil {
					return err
				}
			}
			fmt.Fprint(s.Err, upText(machine, access.Admin))
			return nil
		},
	}
	flags.addTo(command)
	command.Flags().BoolVar(&flags.opts.Baseline, "baseline", false, "also load the images that \"make bench\" compares with")
	command.Flags().BoolVar(&demo, "demo", true, "create a store named demo; --demo=false creates none")
	return command
}

// upText says where everything is and how to sign in.
func upText(machine *local.Local, admin install.Admin) string {
	changed := ""
	if !admin.Created {
		changed = "\n              (the first password; if it was changed and lost: bin/shopflow user reset-password " + admin.Email + ")"
	}
	return fmt.Sprintf(`
ShopFlow is up.
  Dashboard   %[1]s
  Sign in     %[2]s with the password %[3]s%[4]s
  API         %[1]s/api/v1
  Kubeconfig  %[5]s
  Next        bin/shopflow store create my-shop --engine medusa --wait
`, machine.APIURL(), admin.Email, admin.Password, changed, build.RelativePath(machine.Kubeconfig()))
}

// createDemo creates the demo store and shows how to sign in to it, unless it is there and sells.
func createDemo(command *cobra.Command, s Streams, target *target) error {
	platform, err := target.platform()
	if err != nil {
		return err
	}
	if store, err := platform.Get(command.Context(), demoStore); err == nil && store.State == apiclient.StoreStateReady {
		return nil
	}
	for _, step := range []struct {
		run  *cobra.Command
		args []string
	}{
		{newStoreCreateCommand(s, target), []string{demoStore, "--engine", "medusa", "--display-name", "Fern & Flint", "--wait"}},
		{newStoreCredentialsCommand(s, target), []string{demoStore}},
	} {
		step.run.SetArgs(step.args)
		step.run.SilenceErrors, step.run.SilenceUsage = true, true
		if err := step.run.ExecuteContext(command.Context()); err != nil {
			return fmt.Errorf("create the demo store: %w", err)
		}
	}
	return nil
}

func newDownCommand(s Streams) *cobra.Command {
	flags := &localFlags{}
	command := &cobra.Command{
		Use:     "down",
		Short:   "Stop ShopFlow on this machine and keep its data",
		Long:    "Stop ShopFlow on this machine and keep its data. \"shopflow up\" starts it again, with all its stores.",
		Example: "  shopflow down",
		Args:    arguments(),
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
		Use:     "destroy",
		Short:   "Remove ShopFlow from this machine with all its stores",
		Long:    "Remove ShopFlow from this machine with all its stores and their data. This cannot be undone.",
		Example: "  shopflow destroy",
		Args:    arguments(),
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

func newValuesCommand(s Streams) *cobra.Command {
	flags := &localFlags{}
	command := &cobra.Command{
		Use:   "values",
		Short: "Write the chart's values for the images that were built",
		Long: `Write values.yaml for the platform's chart, with the names of the images that "make images" built. It is a start for the values
of another cluster; "shopflow up" writes it, too.`,
		Example: "  shopflow values",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			machine, err := flags.open(s)
			if err != nil {
				return err
			}
			path, err := machine.WriteValues()
			if err != nil {
				return err
			}
			fmt.Fprintln(s.Out, build.RelativePath(path))
			return nil
		},
	}
	flags.addTo(command)
	return command
}
