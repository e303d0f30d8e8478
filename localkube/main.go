// Command localkube is a single-node Kubernetes in one program, for development and tests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"shopflow.dev/shopflow/localkube/internal/node"
)

const usage = `localkube is a single-node Kubernetes in one program.

  localkube start   --name NAME --dir DIR [--publish PORT:NODEPORT]... [--control-plane]
                    start in the background, return when ready
  localkube run     the same in the foreground [--until-stdin-closes]; writes "ready KUBECONFIG" to stdout
  localkube stop    --name NAME --dir DIR    stop, keep the data
  localkube destroy --name NAME --dir DIR    stop, remove the data
  localkube status  --name NAME --dir DIR [-o json]
  localkube load    --name NAME --dir DIR IMAGE.tar...
                    bring image archives into the node
`

// errUsage says that the command line is invalid. What is wrong was already written.
var errUsage = errors.New("usage")

func main() {
	if len(os.Args) > 1 {
		if code, known := component(os.Args[1]); known {
			os.Exit(code)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run returns the exit code: 0 done, 1 failed, 2 invalid usage.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	err := dispatch(ctx, args, in, out, errOut)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, node.ErrReported):
		return 1
	}
	fmt.Fprintf(errOut, "localkube: %v\n", err)
	return 1
}

func dispatch(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(errOut, usage)
		return errUsage
	}
	verb, known := map[string]func(context.Context, command) error{
		"start": start, "run": runForeground, "stop": stop, "destroy": destroy, "status": status, "load": load,
	}[args[0]]
	if !known {
		fmt.Fprint(errOut, usage)
		if args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
			return nil
		}
		return errUsage
	}
	return verb(ctx, command{name: args[0], args: args[1:], in: in, out: out, errOut: errOut})
}
