package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

type storeDeleteOptions struct {
	name    string
	yes     bool
	wait    bool
	timeout time.Duration
	format  output
}

func newStoreDeleteCommand(s Streams, target *target) *cobra.Command {
	opts := &storeDeleteOptions{format: outputTable}
	command := &cobra.Command{
		Use:     "delete NAME",
		Aliases: []string{"rm"},
		Short:   "Delete a store and everything it owns",
		Long: `Delete a store and everything it owns: its orders, its files, its database. This cannot be undone. On a terminal, the command
asks for the store's name; without one, it needs --yes.

With --wait, the command waits until everything is deleted, and prints the receipt: what was counted afterwards, all zero.`,
		Example:           "  shopflow store delete my-shop --wait\n  shopflow store delete my-shop --yes",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			opts.name = args[0]
			if err := checkTimeout(command, opts.wait, opts.timeout); err != nil {
				return err
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			if !opts.yes {
				if err := confirm(s, opts.name, "the orders, files and database of store "+opts.name); err != nil {
					return err
				}
			}
			return opts.run(command.Context(), s, platform)
		},
	}
	command.Flags().BoolVarP(&opts.yes, "yes", "y", false, "delete without asking")
	command.Flags().BoolVar(&opts.wait, "wait", false, "wait until everything is deleted")
	command.Flags().DurationVar(&opts.timeout, "timeout", defaultDeleteTimeout, "how long --wait waits, such as 90s or 10m")
	opts.format.addTo(command)
	return command
}

func (o *storeDeleteOptions) run(ctx context.Context, s Streams, platform *apiclient.Platform) error {
	if !o.wait {
		store, err := platform.Delete(ctx, o.name)
		if err != nil {
			return err
		}
		return printResult(s.Out, o.format, store, func() string { return fmt.Sprintf("Store %s is being deleted\n", store.Name) })
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	shown := &deletion{out: s.Err}
	store, err := platform.DeleteAndWait(ctx, o.name, shown.update)
	if err != nil {
		return o.notGone(store, shown.left, err)
	}
	return printResult(s.Out, o.format, store, func() string { return describeDeletion(store) })
}

// notGone says how far a deletion came that ended with the error.
func (o *storeDeleteOptions) notGone(store apiclient.Store, left string, err error) error {
	switch {
	case !errors.Is(err, context.DeadlineExceeded):
		return err
	case store.Name == "":
		return fmt.Errorf("store %s: %w", o.name, err)
	case left == "":
		left = "what is left is not known"
	default:
		left = "left: " + left
	}
	return fmt.Errorf("store %s is not deleted after %s: %s\nThe deletion continues in the background; check progress: shopflow store get %s", o.name, o.timeout, left, o.name)
}

// deletion shows what is left of a store that is being deleted.
type deletion struct {
	out  io.Writer
	left string // as it was shown last
}

// update writes what is left, whenever that has changed.
func (d *deletion) update(store apiclient.Store) {
	if store.Deletion == nil || store.Deletion.Remaining == (apiclient.Remaining{}) {
		return
	}
	left := remaining(store.Deletion.Remaining)
	if store.Deletion.Blocker != "" {
		left += "; " + printable(store.Deletion.Blocker)
	}
	if left != d.left {
		fmt.Fprintf(d.out, "… left: %s\n", left)
		d.left = left
	}
}

// remaining counts what is left, by kind; empty if nothing is.
func remaining(r apiclient.Remaining) string {
	var parts []string
	for _, kind := range []struct {
		count     int
		one, many string
	}{
		{r.Namespaces, "namespace", "namespaces"},
		{r.Pods, "pod", "pods"},
		{r.Services, "service", "services"},
		{r.Ingresses, "ingress", "ingresses"},
		{r.Secrets, "secret", "secrets"},
		{r.PersistentVolumeClaims, "volume claim", "volume claims"},
		{r.PersistentVolumes, "volume", "volumes"},
	} {
		switch {
		case kind.count == 1:
			parts = append(parts, "1 "+kind.one)
		case kind.count > 1:
			parts = append(parts, fmt.Sprintf("%d %s", kind.count, kind.many))
		}
	}
	return strings.Join(parts, ", ")
}

// describeDeletion shows the receipt of a delete.
func describeDeletion(store apiclient.Store) string {
	if store.Deletion == nil || store.Deletion.VerifiedAt == nil {
		return fmt.Sprintf("Store %s is gone. There is no receipt: nothing had been made for it yet, or the connection was lost.\n", store.Name)
	}
	left := store.Deletion.Remaining
	took := store.Deletion.VerifiedAt.Sub(store.Deletion.StartedAt)
	return columns(func(line func(cells ...string)) {
		line(fmt.Sprintf("Store %s was deleted in %.1f s. Counted afterwards:", store.Name, took.Seconds()))
		for _, kind := range []struct {
			name  string
			count int
		}{
			{"namespaces", left.Namespaces},
			{"volume claims", left.PersistentVolumeClaims},
			{"volumes", left.PersistentVolumes},
			{"secrets", left.Secrets},
			{"services", left.Services},
			{"ingresses", left.Ingresses},
			{"pods", left.Pods},
		} {
			line(fmt.Sprintf("  %d  %s", kind.count, kind.name))
		}
	})
}
