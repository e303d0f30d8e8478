package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// namespaceLink is where `ip netns` looks for the node's network namespace.
func namespaceLink(name string) string { return filepath.Join("/run/netns", instance(name)) }

// nameNamespace keeps the calling thread's network namespace at path, and lets `ip netns` find it by a link. It is not mounted at
// the link itself: the first `ip netns add` on a machine mounts the folder of the links over itself, and what is mounted there before
// is then out of reach and cannot be removed any more.
func nameNamespace(path, link string) error {
	if err := removeNamespaceLink(link); err != nil {
		return err
	}
	file, err := os.Create(path) // #nosec G304 -- a path of the instance
	if err != nil {
		return fmt.Errorf("name network namespace: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("name network namespace: %w", err)
	}
	if err := unix.Mount("/proc/thread-self/ns/net", path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("name network namespace: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil { // #nosec G301 -- the mode that ip netns gives it
		return fmt.Errorf("name network namespace: %w", err)
	}
	if err := os.Symlink(path, link); err != nil {
		return fmt.Errorf("name network namespace: %w", err)
	}
	return nil
}

// removeNamespaceLink removes the name. What it refers to is unmounted with the instance's other mounts.
func removeNamespaceLink(link string) error {
	// Instances of earlier versions mounted the namespace here.
	if err := unmountBelow(link); err != nil {
		return err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove network namespace: %w", err)
	}
	return nil
}
