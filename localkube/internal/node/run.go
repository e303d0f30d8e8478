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

// podGrace is how long a container may take to end on its own when the node stops.
const podGrace = 8 * time.Second

// Run starts the instance, calls ready with the path of its kubeconfig, keeps it running until the context ends, and stops it.
// Its data stays.
func Run(ctx context.Context, opts Options, report *Report, ready func(kubeconfig string)) error {
	unlock, err := lock(opts.Dir)
	if errors.Is(err, errRunning) {
		return fmt.Errorf("instance %s in %s: %w", opts.Name, opts.Dir, err)
	}
	if err != nil {
		return err
	}
	defer unlock()
	if err := checkName(opts); err != nil {
		return err
	}
	// The last supervisor may have been killed.
	if err := cleanUp(ctx, opts); err != nil {
		return err
	}
	ports, err := listen(ctx, opts.Publish)
	if err != nil {
		return err
	}
	defer ports.close()
	l, release, err := newLayout(opts)
	if err != nil {
		return err
	}
	defer release()
	if err := preflight(ctx, l); err != nil {
		return err
	}
	s, err := newSupervisor(ctx, l, report)
	if err != nil {
		return err
	}
	err = s.up(ctx)
	if err == nil {
		s.record.change(func(state *state) { state.Ready = true })
		ready(l.adminKubeconfig())
		ports.serve(ctx, l.address)
		<-ctx.Done()
	}
	// A start that was interrupted is no failure of its own.
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, s.down(ctx))
}

// newLayout finds what the layout depends on: the programs beside this one, the addresses, the ports.
func newLayout(opts Options) (l layout, release func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return layout{}, nil, fmt.Errorf("find own program: %w", err)
	}
	l = layout{Options: opts, programs: filepath.Dir(program)}
	if opts.ControlPlane {
		l.address = netip.MustParseAddr(loopback)
		l.ports, release, err = reservePorts()
		return l, release, err
	}
	taken, err := takenAddresses()
	if err != nil {
		return layout{}, nil, err
	}
	l.ports = nodePorts()
	l.host, l.address, err = chooseAddresses(opts.Name, taken)
	return l, func() {}, err
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

// up prepares and starts everything, and returns when it is ready.
func (s *supervisor) up(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	// From here on there is something to clean up: the next process must know which instance it belongs to.
	s.record.change(func(*state) {})
	if err := ensureCertificates(s.layout, time.Now()); err != nil {
		return err
	}
	if s.layout.ControlPlane {
		return s.startControlPlane(ctx, func() {})
	}
	if err := claimName(s.layout.Options); err != nil {
		return err
	}
	if err := s.setUpHost(ctx); err != nil {
		return err
	}
	_, pause, err := pauseArchive(s.layout.program("pause"))
	if err != nil {
		return err
	}
	if err := writeConfigs(s.layout, pause); err != nil {
		return err
	}
	return s.startAll(ctx)
}

// down ends everything in the order in which the parts need each other. It ignores the end of the context, which is why it is called.
func (s *supervisor) down(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit/2)
	defer cancel()
	// The kubelet goes first: it would start again what is stopped.
	s.stop("kubelet", "kube-scheduler", "volume-provisioner", "metrics-server")
	if !s.layout.ControlPlane {
		s.stopPods(ctx)
	}
	s.stop("kube-controller-manager", "kube-proxy", "coredns", "containerd")
	s.stop("kube-apiserver")
	s.stop("etcd")
	if s.layout.ControlPlane {
		return cleanUp(ctx, s.layout.Options)
	}
	return errors.Join(leaveCgroups(s.layout), cleanUp(ctx, s.layout.Options))
}

// stopPods lets the pods end on their own. Those that do not are killed with all else that the node leaves.
func (s *supervisor) stopPods(ctx context.Context) {
	if !s.record.component("containerd").Running {
		return
	}
	runtime, err := openRuntime(s.layout)
	if err == nil {
		defer runtime.close()
		ctx, cancel := context.WithTimeout(ctx, 2*podGrace)
		defer cancel()
		err = runtime.stopAll(ctx, int64(podGrace.Seconds()))
	}
	if err != nil {
		s.report.Say("stop pods: %v", err)
	}
}
