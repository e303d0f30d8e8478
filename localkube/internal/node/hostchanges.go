package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	forwarding = "/proc/sys/net/ipv4/ip_forward"
	// hostChangesFile lists the changes, one a line, in the instance's folder below /run.
	hostChangesFile = "host-changes"
	folderPrefix    = "folder "
)

// hostChanges are what an instance changes on the machine and reverts: folders that it creates outside its own, and packet
// forwarding. Other instances may have come to rely on them meanwhile; then the last one reverts them.
type hostChanges struct{ path string }

func newHostChanges(name string) hostChanges {
	return hostChanges{path: filepath.Join(runDir(name), hostChangesFile)}
}

// record writes down what is about to be changed.
func (c hostChanges) record(change string) error {
	file, err := os.OpenFile(c.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("record a change: %w", err)
	}
	defer file.Close()
	if _, err := file.WriteString(change + "\n"); err != nil {
		return fmt.Errorf("record a change: %w", err)
	}
	return nil
}

// createFolder creates a folder, and its parents, where they are missing.
func (c hostChanges) createFolder(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := c.createFolder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := c.record(folderPrefix + path); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, os.ErrExist) { // #nosec G301 -- like its neighbors
		return fmt.Errorf("create folder: %w", err)
	}
	return nil
}

// enableForwarding lets the machine forward packets.
func (c hostChanges) enableForwarding() error {
	content, err := os.ReadFile(forwarding)
	if err != nil {
		return fmt.Errorf("read packet forwarding: %w", err)
	}
	if strings.TrimSpace(string(content)) == "1" {
		return nil
	}
	if err := c.record(forwardingChange()); err != nil {
		return err
	}
	return setForwarding("1")
}

// forwardingChange names this boot of the machine: what is set after another one is not the instance's change.
func forwardingChange() string { return "forwarding " + bootID() }

func setForwarding(value string) error {
	if err := os.WriteFile(forwarding, []byte(value), 0); err != nil {
		return fmt.Errorf("set packet forwarding: %w", err)
	}
	return nil
}

// revert undoes what was recorded, the last first, or hands the record to another instance that exists.
func (c hostChanges) revert() error {
	content, err := os.ReadFile(c.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read host changes: %w", err)
	}
	successor, err := c.successor()
	if err != nil {
		return err
	}
	if successor != "" {
		return hostChanges{path: successor}.record(strings.TrimSpace(string(content)))
	}
	changes := strings.Split(strings.TrimSpace(string(content)), "\n")
	for _, change := range slices.Backward(changes) {
		if change == forwardingChange() {
			if err := setForwarding("0"); err != nil {
				return err
			}
		}
		path, isFolder := strings.CutPrefix(change, folderPrefix)
		if !isFolder {
			continue
		}
		// A folder that others use by now stays.
		if err := unix.Rmdir(path); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("remove %s: %w", path, err)
		}
	}
	return nil
}

// successor returns the path for the changes of another instance, or "" if there is none.
func (c hostChanges) successor() (string, error) {
	others, err := filepath.Glob(runDir("*"))
	if err != nil {
		return "", fmt.Errorf("look for other instances: %w", err)
	}
	for _, other := range others {
		if path := filepath.Join(other, hostChangesFile); path != c.path {
			return path, nil
		}
	}
	return "", nil
}
