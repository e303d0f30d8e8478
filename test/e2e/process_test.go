package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/test/podprocs"
)

// pod returns the pod of a component.
func (p *platform) pod(ctx context.Context, namespace, component string) (*corev1.Pod, error) {
	var pods corev1.PodList
	if err := p.kube.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": component}); err != nil {
		return nil, err
	}
	for i := range pods.Items {
		if pods.Items[i].DeletionTimestamp.IsZero() {
			return &pods.Items[i], nil
		}
	}
	return nil, fmt.Errorf("there is no pod of %s", component)
}

// processes returns the processes of a pod's containers, and the one that keeps its network.
func processes(pod *corev1.Pod) (containers []int, keeper int, err error) {
	folders, err := podprocs.Folders([]corev1.Pod{*pod})
	if err != nil {
		return nil, 0, err
	}
	for _, folder := range folders[pod.UID] {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return nil, 0, err
		}
		name, err := os.ReadFile(filepath.Join(folder, "comm")) // #nosec G304 -- procfs
		switch strings.TrimSpace(string(name)) {
		case "pause":
			keeper = pid
		case "": // It ended meanwhile.
		default:
			if err == nil && !strings.HasPrefix(string(name), "runc") {
				containers = append(containers, pid)
			}
		}
	}
	if keeper == 0 {
		return nil, 0, errors.New("the pod has no network yet")
	}
	return containers, keeper, nil
}

// processes returns those of the component's pod.
func (p *platform) processes(ctx context.Context, namespace, component string) (containers []int, keeper int, err error) {
	pod, err := p.pod(ctx, namespace, component)
	if err != nil {
		return nil, 0, err
	}
	return processes(pod)
}

// hang stops a component's processes where they are, before it has answered for the first time.
func (p *platform) hang(ctx context.Context, namespace, component string) error {
	pod, err := p.pod(ctx, namespace, component)
	if err != nil {
		return err
	}
	if states := pod.Status.ContainerStatuses; len(states) > 0 && states[0].Started != nil && *states[0].Started {
		// It was quicker. From the second start on the kubelet ends what hangs, and that is another failure.
		return errors.Join(p.kube.Delete(ctx, pod), errors.New("it has answered"))
	}
	containers, _, err := processes(pod)
	if err != nil {
		return err
	}
	if len(containers) == 0 {
		return errors.New("nothing runs yet")
	}
	return signal(containers, syscall.SIGSTOP)
}

// cutOff lets nothing leave a component's pod, and starts its containers again, so that no client has had an answer from them.
func (p *platform) cutOff(ctx context.Context, namespace, component string) error {
	_, keeper, err := p.processes(ctx, namespace, component)
	if err != nil {
		return err
	}
	if err := inNetwork(ctx, keeper, "ip", "rule", "add", "blackhole", "pref", "1"); err != nil {
		return err
	}
	containers, _, err := p.processes(ctx, namespace, component)
	if err != nil {
		return err
	}
	return signal(containers, syscall.SIGKILL)
}

// letOut takes cutOff back.
func (p *platform) letOut(ctx context.Context, namespace, component string) error {
	_, keeper, err := p.processes(ctx, namespace, component)
	if err != nil {
		return err
	}
	return inNetwork(ctx, keeper, "ip", "rule", "del", "pref", "1")
}

func signal(pids []int, signal syscall.Signal) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal process %d: %w", pid, err)
		}
	}
	return nil
}

// inNetwork runs a program in the network of a process.
func inNetwork(ctx context.Context, pid int, args ...string) error {
	command := exec.CommandContext(ctx, "nsenter", append([]string{"--target", strconv.Itoa(pid), "--net", "--"}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}
