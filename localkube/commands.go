package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"

	"shopflow.dev/shopflow/localkube/internal/node"
)

// command is one call of a verb.
type command struct {
	name        string
	args        []string
	in          io.Reader
	out, errOut io.Writer
}

// parse reads the flags that all verbs share, and those that more adds. It returns the words behind them.
func (c command) parse(more func(*flag.FlagSet, *node.Options)) (node.Options, []string, error) {
	var opts node.Options
	flags := flag.NewFlagSet("localkube "+c.name, flag.ContinueOnError)
	flags.SetOutput(c.errOut)
	flags.StringVar(&opts.Name, "name", "shopflow", "name of the instance")
	flags.StringVar(&opts.Dir, "dir", ".shopflow", "folder for its kubeconfig and data")
	if more != nil {
		more(flags, &opts)
	}
	if err := flags.Parse(c.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return opts, nil, err
		}
		return opts, nil, errUsage
	}
	if err := opts.Check(); err != nil {
		fmt.Fprintf(c.errOut, "localkube: %v\n", err)
		return opts, nil, errUsage
	}
	return opts, flags.Args(), nil
}

func startFlags(flags *flag.FlagSet, opts *node.Options) {
	flags.BoolVar(&opts.ControlPlane, "control-plane", false, "only etcd, API server and controller manager, on free ports of the loopback; needs no root")
	flags.Func("publish", "`PORT:NODEPORT`: offer a port of the node on 127.0.0.1 (may be given again)", func(text string) error {
		publication, err := node.ParsePublication(text)
		opts.Publish = append(opts.Publish, publication)
		return err
	})
}

func start(ctx context.Context, c command) error {
	opts, _, err := c.parse(startFlags)
	if err != nil {
		return err
	}
	return node.Start(ctx, opts, c.errOut)
}

func runForeground(ctx context.Context, c command) error {
	var untilStdinCloses bool
	var reportFD int
	opts, _, err := c.parse(func(flags *flag.FlagSet, opts *node.Options) {
		startFlags(flags, opts)
		flags.BoolVar(&untilStdinCloses, "until-stdin-closes", false, "stop when the standard input ends")
		flags.IntVar(&reportFD, "report-fd", 0, "write progress to this descriptor until ready (used by start)")
	})
	if err != nil {
		return err
	}
	if untilStdinCloses {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go func() {
			defer cancel()
			_, _ = io.Copy(io.Discard, c.in)
		}()
	}
	if reportFD == 0 {
		return node.Run(ctx, opts, node.NewReport(c.errOut), func(kubeconfig string) { fmt.Fprintln(c.out, "ready", kubeconfig) })
	}
	// The components must not hold the pipe open.
	syscall.CloseOnExec(reportFD)
	progress := os.NewFile(uintptr(reportFD), "report")
	return node.RunInBackground(ctx, opts, progress, c.errOut)
}

func stop(ctx context.Context, c command) error {
	opts, _, err := c.parse(nil)
	if err != nil {
		return err
	}
	return node.Stop(ctx, opts, node.NewReport(c.errOut))
}

func destroy(ctx context.Context, c command) error {
	opts, _, err := c.parse(nil)
	if err != nil {
		return err
	}
	return node.Destroy(ctx, opts, node.NewReport(c.errOut))
}

func load(ctx context.Context, c command) error {
	opts, archives, err := c.parse(nil)
	if err != nil {
		return err
	}
	return node.Load(ctx, opts, archives, node.NewReport(c.errOut))
}

func status(ctx context.Context, c command) error {
	var format string
	opts, _, err := c.parse(func(flags *flag.FlagSet, _ *node.Options) {
		flags.StringVar(&format, "o", "text", "`FORMAT`: text or json")
	})
	if err != nil {
		return err
	}
	if format != "text" && format != "json" {
		fmt.Fprintf(c.errOut, "localkube: -o %q: want text or json\n", format)
		return errUsage
	}
	return node.WriteStatus(ctx, opts, format == "json", c.out)
}
