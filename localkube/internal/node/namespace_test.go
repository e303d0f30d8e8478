package node

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNamespaceLinkAfterIPNetnsAdd does to the folder of the links what the first `ip netns add` on a machine does: it mounts the folder
// over itself, with everything below. The link and the namespace can be removed all the same.
func TestNamespaceLinkAfterIPNetnsAdd(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: it mounts")
	}
	dir := t.TempDir()
	path, link := filepath.Join(dir, "run", "netns"), filepath.Join(dir, "netns", "node")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		// The thread has a mount table of its own, and ends with this goroutine.
		runtime.LockOSThread()
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
				return err
			}
			if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
				return err
			}
			if err := nameNamespace(path, link); err != nil {
				return err
			}
			if err := unix.Mount(filepath.Dir(link), filepath.Dir(link), "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
				return err
			}
			if err := removeNamespaceLink(link); err != nil {
				return err
			}
			if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
				return err
			}
			return os.Remove(path)
		}()
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(link); !os.IsNotExist(err) {
		t.Errorf("the link still exists: %v", err)
	}
}
