package node

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"shopflow.dev/shopflow/localkube/internal/process"
)

// Status is what is known about an instance from outside.
type Status struct {
	Running    bool                     `json:"running"`
	Ready      bool                     `json:"ready"`
	Server     string                   `json:"server,omitempty"`
	Kubeconfig string                   `json:"kubeconfig,omitempty"`
	Address    string                   `json:"address,omitempty"`
	Supervisor int                      `json:"supervisor,omitempty"`
	Components map[string]process.State `json:"components,omitempty"`
}

// ReadStatus asks the instance how it is. Ready means that its API server says so now.
func ReadStatus(ctx context.Context, opts Options) (Status, error) {
	last, err := readState(opts.Dir)
	if err != nil || last == nil || !last.Supervisor.Alive() {
		return Status{}, err
	}
	l := layout{Options: opts}
	status := Status{
		Running: true, Server: last.Server, Kubeconfig: l.adminKubeconfig(), Address: last.Address,
		Supervisor: last.Supervisor.PID, Components: last.Components,
	}
	if api, err := newProbe(l, "ca", "admin", nil); err == nil && last.Ready {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		status.Ready = api.ask(ctx, last.Server+"/readyz") == nil
	}
	return status, nil
}

// WriteStatus writes the status for people, or as JSON.
func WriteStatus(ctx context.Context, opts Options, asJSON bool, out io.Writer) error {
	status, err := ReadStatus(ctx, opts)
	if err != nil {
		return err
	}
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(status)
	}
	if !status.Running {
		fmt.Fprintf(out, "instance %s does not run\n", opts.Name)
		return nil
	}
	ready := "ready"
	if !status.Ready {
		ready = "not ready"
	}
	fmt.Fprintf(out, "instance %s is %s at %s (kubeconfig %s)\n", opts.Name, ready, status.Server, status.Kubeconfig)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COMPONENT\tPID\tRESTARTS\tLAST EXIT")
	for _, name := range slices.Sorted(maps.Keys(status.Components)) {
		component := status.Components[name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", name, component.PID, component.Restarts, component.LastExit)
	}
	return table.Flush()
}
