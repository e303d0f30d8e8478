package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"shopflow.dev/shopflow/localkube/internal/process"
)

// leastFree is how much of the disk must be free for a node to start. A full disk breaks etcd in ways that take long to understand.
const leastFree = 2 << 30

// preflight finds out what would make the start fail later, and says what to do about it.
func preflight(ctx context.Context, l layout) error {
	if err := checkDisk(l.Dir, leastFree); err != nil || l.ControlPlane {
		return err
	}
	if os.Geteuid() != 0 {
		return errors.New("a node needs root: run as root (with sudo), or use --control-plane")
	}
	if err := checkPrograms(l); err != nil {
		return err
	}
	if err := checkFilesystem(ctx, "overlay"); err != nil {
		return err
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(l.Dir, &stat); err == nil && stat.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return fmt.Errorf("%s is on an overlay file system, which cannot carry containers: use a folder on a real disk", l.Dir)
	}
	return checkKernel(ctx)
}

func checkDisk(dir string, least uint64) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	free := stat.Bavail * uint64(stat.Bsize) // #nosec G115 -- never negative
	if free < least {
		return fmt.Errorf("the disk of %s is nearly full: %d MiB free, %d MiB needed: free some space", dir, free>>20, least>>20)
	}
	return nil
}

// checkPrograms looks for what the node runs.
func checkPrograms(l layout) error {
	for _, name := range []string{"containerd", "containerd-shim-runc-v2", "ctr", "runc", "pause", "ptp", "host-local", "portmap"} {
		if info, err := os.Stat(l.program(name)); err != nil || info.Mode()&0o111 == 0 {
			return fmt.Errorf("the program %s is missing beside localkube in %s: build it again", name, l.programs)
		}
	}
	for name, from := range map[string]string{"nft": "nftables", "mount": "mount", "umount": "mount"} {
		if _, err := findProgram(name); err != nil {
			return fmt.Errorf("the program %s is missing: install the package %s", name, from)
		}
	}
	return nil
}

func findProgram(name string) (string, error) {
	for _, dir := range filepath.SplitList(searchPath) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// checkFilesystem looks whether the kernel knows a file system, after asking it to load the module of that name.
func checkFilesystem(ctx context.Context, name string) error {
	if knowsFilesystem(name) {
		return nil
	}
	// Where there is no modprobe, or no module, the second look says so.
	if modprobe, err := findProgram("modprobe"); err == nil {
		_ = exec.CommandContext(ctx, modprobe, name).Run() // #nosec G204 -- a constant name
	}
	if knowsFilesystem(name) {
		return nil
	}
	return fmt.Errorf("the kernel has no %s file system: load its module (modprobe %[1]s) or use a kernel that has it", name)
}

func knowsFilesystem(name string) bool {
	file, err := os.Open("/proc/filesystems")
	if err != nil {
		return false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 0 && fields[len(fields)-1] == name {
			return true
		}
	}
	return false
}

// checkKernel tries what the node needs of the kernel in namespaces of its own, which vanish with the attempt.
func checkKernel(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	thread := process.NewThread(ctx)
	return thread.Do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("namespaces cannot be created (%w): run where CAP_SYS_ADMIN is granted, not in an ordinary container", err)
		}
		veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "probe0"}, PeerName: "probe1"}
		if err := netlink.LinkAdd(veth); err != nil {
			return fmt.Errorf("the kernel cannot create a veth interface (%w): load the module veth or use a kernel that has it", err)
		}
		nft := exec.CommandContext(ctx, "nft", "-f", "-")
		nft.Stdin = strings.NewReader("table ip probe {\nchain nat {\ntype nat hook postrouting priority srcnat;\nmasquerade\n}\n}\n")
		if output, err := nft.CombinedOutput(); err != nil {
			return fmt.Errorf("the kernel takes no nftables rules (%w, %s): load the module nf_tables or use a kernel that has it", err, strings.TrimSpace(string(output)))
		}
		return nil
	})
}

// mayRaiseOOM tells whether this process may protect others from the kernel's choice when memory is short.
func mayRaiseOOM() bool {
	content, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(content)) {
		if value, found := strings.CutPrefix(line, "CapEff:"); found {
			set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			return err == nil && set&(1<<unix.CAP_SYS_RESOURCE) != 0
		}
	}
	return false
}
