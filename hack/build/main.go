// Command build builds a clone: the program, and for "all" also what a local ShopFlow runs. It imports little, so that
// everything that is slow to build can start at the same time.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/progress"
)

const usage = `Usage: build [--dir DIR] [--archives] all|program

  program   bin/shopflow with the dashboard
  all       the same, the programs of the node, and the images; writes DIR/build.json

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run returns the exit code: 0 done, 1 failed, 2 invalid usage.
func run(ctx context.Context, args []string, out io.Writer) int {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
	}
	dir := flags.String("dir", os.Getenv("SHOPFLOW_DIR"), "folder for the logs and the result; if empty, .shopflow in the clone (env SHOPFLOW_DIR)")
	archives := flags.Bool("archives", false, "also write archives of the images that only others are made from (tests and make bench need some)")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	what := flags.Arg(0)
	if flags.NArg() != 1 || what != "all" && what != "program" {
		flags.Usage()
		return 2
	}
	err := start(ctx, build.Options{Dir: *dir, Archives: *archives}, what == "all", out)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(out, "Interrupted. The next run continues with what is complete.")
		return 1
	case err != nil:
		fmt.Fprintf(out, "Error: %v\n", err)
		return 1
	}
	return 0
}

func start(ctx context.Context, opts build.Options, all bool, out io.Writer) error {
	folder, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	if opts.Root, err = build.FindRoot(folder); err != nil {
		return err
	}
	opts.Dir = cmp.Or(opts.Dir, build.DefaultDir(opts.Root))
	builder, err := build.New(opts, progress.New(out))
	if err != nil {
		return err
	}
	if !all {
		return builder.Program(ctx)
	}
	return builder.All(ctx)
}
