package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"shopflow.dev/shopflow/localkube/internal/process"
)

// startLimit bounds a start: what is not ready by then will not be.
const startLimit = 2 * time.Minute

// Run starts the instance, calls ready with the path of its kubeconfig, keeps it running until the context ends, and stops it.
// Its data stays.
func Run(ctx context.Context, opts Options, report *Report, ready func(kubeconfig string)) error {
	unlock, err := lock(opts.Dir)
	if errors.Is(err, errRunning) {
		return fmt.Errorf("instance %s in %s is running already", opts.Name, opts.Dir)
	}
	if err != nil {
		return err
	}
	defer unlock()
	l, release, err := newLayout(opts)
	if err != nil {
		return err
	}
	defer release()
	s, err := newSupervisor(ctx, l, report)
	if err != nil {
		return err
	}
	err = s.up(ctx)
	if err == nil {
		s.record.change(func(state *state) { state.Ready = true })
		ready(l.adminKubeconfig())
		<-ctx.Done()
	}
	// A start that was interrupted is no failure of its own.
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, s.down(ctx))
}

// newLayout finds what the layout depends on: the programs beside this one, the address, the ports.
func newLayout(opts Options) (l layout, release func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return layout{}, nil, fmt.Errorf("find own program: %w", err)
	}
	l = layout{Options: opts, programs: filepath.Dir(program)}
	l.address = netip.MustParseAddr(loopback)
	l.ports, release, err = reservePorts()
	return l, release, err
}

func newSupervisor(ctx context.Context, l layout, report *Report) (*supervisor, error) {
	if err := prepareFolders(l); err != nil {
		return nil, err
	}
	self, err := process.Identify(os.Getpid())
	if err != nil {
		return nil, err
	}
	return &supervisor{
		layout: l, report: report, thread: process.NewThread(context.WithoutCancel(ctx)), kept: map[string]*keptProcess{},
		record: &record{dir: l.Dir, failed: func(err error) { report.Say("%v", err) }, state: state{
			Options: l.Options, Address: l.address.String(), Server: l.server(), Boot: bootID(), Supervisor: self,
			Components: map[string]process.State{},
		}},
	}, nil
}

func (s *supervisor) up(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := ensureCertificates(s.layout, time.Now()); err != nil {
		return err
	}
	return s.startControlPlane(ctx)
}

// down ends everything in the order in which the parts need each other. It takes no notice of the context's end: that is why it is called.
func (s *supervisor) down(ctx context.Context) error {
	s.stop("kube-controller-manager")
	s.stop("kube-apiserver")
	s.stop("etcd")
	if err := os.Remove(statePath(s.layout.Dir)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove state: %w", err)
	}
	return nil
}
