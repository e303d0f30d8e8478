package node

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// mountPoint is one line of the mount table.
type mountPoint struct{ path, kind string }

// readMounts returns this process's mounts in the order in which they were mounted.
func readMounts() ([]mountPoint, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read mounts: %w", err)
	}
	defer file.Close()
	var mounts []mountPoint
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if mount, ok := parseMount(lines.Text()); ok {
			mounts = append(mounts, mount)
		}
	}
	return mounts, lines.Err()
}

// parseMount reads one line, see proc_pid_mountinfo(5).
func parseMount(line string) (mountPoint, bool) {
	before, after, found := strings.Cut(line, " - ")
	fields, kind := strings.Fields(before), strings.Fields(after)
	if !found || len(fields) < 5 || len(kind) == 0 {
		return mountPoint{}, false
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	return mountPoint{path: unescape.Replace(fields[4]), kind: kind[0]}, true
}

// unmountBelow removes every mount at or below the paths that this process sees, the last one first.
func unmountBelow(paths ...string) error {
	mounts, err := readMounts()
	if err != nil {
		return err
	}
	slices.Reverse(mounts)
	for _, mount := range mounts {
		ours := slices.ContainsFunc(paths, func(path string) bool { return mount.path == path || strings.HasPrefix(mount.path, path+"/") })
		if !ours {
			continue
		}
		if err := unix.Unmount(mount.path, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("unmount %s: %w", mount.path, err)
		}
	}
	return nil
}

// binding shows a folder of the instance under the path where programs look for it.
type binding struct{ from, to string }

// bindings let containerd, the kubelet and the plugins use their ordinary paths, some of which are built in, without seeing or changing
// those of this machine.
func (l layout) bindings() []binding {
	return []binding{
		{l.node("containerd"), "/var/lib/containerd"},
		{l.node("kubelet"), "/var/lib/kubelet"},
		{l.node("log"), "/var/log"},
		{l.run("cni"), "/var/lib/cni"},
		{l.run("containerd"), "/run/containerd"},
	}
}

// kernelSettings are those that the kubelet would set for the whole machine. In the node's view of the machine they have its values already.
func kernelSettings() map[string]string {
	return map[string]string{
		"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
		"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
	}
}

// isolateMounts gives the calling thread, and all that it starts, a mount table of its own. Mounts made there are not seen outside, and go
// with the last process that has the table.
func isolateMounts(l layout) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("create mount namespace: %w", err)
	}
	// Mounts of the machine appear in the node, but not the other way; within the node they appear everywhere, as volumes need.
	for _, propagation := range []uintptr{unix.MS_SLAVE, unix.MS_SHARED} {
		if err := unix.Mount("", "/", "", unix.MS_REC|propagation, ""); err != nil {
			return fmt.Errorf("separate mounts: %w", err)
		}
	}
	for _, binding := range l.bindings() {
		if err := unix.Mount(binding.from, binding.to, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("show %s as %s: %w", binding.from, binding.to, err)
		}
	}
	for setting, value := range kernelSettings() {
		file := l.run("settings", strings.ReplaceAll(setting, "/", "."))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil { // #nosec G306 -- as readable as the setting itself
			return fmt.Errorf("cover setting %s: %w", setting, err)
		}
		if err := unix.Mount(file, filepath.Join("/proc/sys", setting), "", unix.MS_BIND, ""); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("cover setting %s: %w", setting, err)
		}
	}
	return nil
}
