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

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fillVolume puts a file system with no room over a claim's volume, for the pods that start from now on.
func (p *platform) fillVolume(ctx context.Context, namespace, claim string) error {
	folder, err := p.folder(ctx, namespace, claim)
	if err != nil {
		return err
	}
	// A mount on the folder itself would be made in the pods that have it as well, and go with the first of them. One on a private
	// mount is not.
	for _, args := range [][]string{
		{"--bind", folder, folder}, {"--make-private", folder}, {"-t", "tmpfs", "-o", "size=4k,mode=0777", "full", folder},
	} {
		if err := p.onNode(ctx, "mount", args...); err != nil {
			return err
		}
	}
	return nil
}

// emptyVolume gives it room, for the pods that have it, and takes it away for those that start later.
func (p *platform) emptyVolume(ctx context.Context, namespace, claim string) error {
	folder, err := p.folder(ctx, namespace, claim)
	if err != nil {
		return err
	}
	if err := p.onNode(ctx, "mount", "-o", "remount,size=64m", folder); err != nil {
		return err
	}
	mounted := func() bool { return p.onNode(ctx, "mountpoint", "--quiet", folder) == nil }
	// The full one goes, and the private one below, which a pod that ends may have taken along.
	for range 2 {
		if !mounted() {
			break
		}
		if err := p.onNode(ctx, "umount", "--lazy", folder); err != nil && mounted() {
			return err
		}
	}
	return nil
}

// folder returns where on the node a claim's volume is.
func (p *platform) folder(ctx context.Context, namespace, claim string) (string, error) {
	var found corev1.PersistentVolumeClaim
	if err := p.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: claim}, &found); err != nil {
		return "", err
	}
	var volume corev1.PersistentVolume
	if err := p.kube.Get(ctx, client.ObjectKey{Name: found.Spec.VolumeName}, &volume); err != nil {
		return "", fmt.Errorf("the volume of %s: %w", claim, err)
	}
	switch {
	case volume.Spec.Local != nil:
		return volume.Spec.Local.Path, nil
	case volume.Spec.HostPath != nil:
		return volume.Spec.HostPath.Path, nil
	default:
		return "", fmt.Errorf("volume %s is no folder of the node", volume.Name)
	}
}

// onNode runs a program in the kubelet's mount namespace.
func (p *platform) onNode(ctx context.Context, name string, args ...string) error {
	kubelet, err := p.kubelet()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "nsenter", append([]string{"--target", strconv.Itoa(kubelet), "--mount", "--", name}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}

// kubelet returns the process of this node's kubelet.
func (p *platform) kubelet() (int, error) {
	return findProcess(func(args []string) bool {
		return filepath.Base(args[0]) == "kubelet" && strings.Contains(strings.Join(args, " "), filepath.Join(p.dir, "node")+"/")
	})
}

// findProcess returns the first process whose command line is as wanted.
func findProcess(wanted func(args []string) bool) (int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, path := range paths {
		content, err := os.ReadFile(path) // #nosec G304 -- procfs
		if err != nil {
			continue // It ended meanwhile.
		}
		if args := strings.Split(string(content), "\x00"); len(args) > 1 && wanted(args) {
			return strconv.Atoi(filepath.Base(filepath.Dir(path)))
		}
	}
	return 0, errors.New("there is no such process")
}
