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

const forwarding = "/proc/sys/net/ipv4/ip_forward"

// borrowed is what an instance changed on the machine and gives back: folders that it made outside its own, and the forwarding of packets.
// Other instances may have come to rely on it meanwhile; then the last one gives it back.
type borrowed struct{ path string }

func newBorrowed(name string) borrowed {
	return borrowed{path: filepath.Join(runDir(name), "borrowed")}
}

// note writes down what is about to be changed.
func (b borrowed) note(thing string) error {
	file, err := os.OpenFile(b.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("note a change: %w", err)
	}
	defer file.Close()
	if _, err := file.WriteString(thing + "\n"); err != nil {
		return fmt.Errorf("note a change: %w", err)
	}
	return nil
}

// folder makes a folder, and its parents, where they are missing.
func (b borrowed) folder(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := b.folder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := b.note("folder " + path); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, os.ErrExist) { // #nosec G301 -- like its neighbours
		return fmt.Errorf("make folder: %w", err)
	}
	return nil
}

// forward lets the machine pass on packets.
func (b borrowed) forward() error {
	content, err := os.ReadFile(forwarding)
	if err != nil {
		return fmt.Errorf("read packet forwarding: %w", err)
	}
	if strings.TrimSpace(string(content)) == "1" {
		return nil
	}
	if err := b.note(forwardingNote()); err != nil {
		return err
	}
	return setForwarding("1")
}

// forwardingNote names the time since the machine started: what it does after another start is no longer the instance's doing.
func forwardingNote() string { return "forwarding " + bootID() }

func setForwarding(value string) error {
	if err := os.WriteFile(forwarding, []byte(value), 0); err != nil {
		return fmt.Errorf("set packet forwarding: %w", err)
	}
	return nil
}

// giveBack undoes what was noted, the last first, or hands the notes to another instance that lives.
func (b borrowed) giveBack() error {
	content, err := os.ReadFile(b.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read notes: %w", err)
	}
	heir, err := b.heir()
	if err != nil {
		return err
	}
	if heir != "" {
		return borrowed{path: heir}.note(strings.TrimSpace(string(content)))
	}
	things := strings.Split(strings.TrimSpace(string(content)), "\n")
	slices.Reverse(things)
	for _, thing := range things {
		if thing == forwardingNote() {
			if err := setForwarding("0"); err != nil {
				return err
			}
		}
		path, isFolder := strings.CutPrefix(thing, "folder ")
		if !isFolder {
			continue
		}
		// What others have put there since keeps the folder.
		if err := unix.Rmdir(path); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("remove %s: %w", path, err)
		}
	}
	return nil
}

// heir is the path for the notes of another instance, if there is one.
func (b borrowed) heir() (string, error) {
	others, err := filepath.Glob(runDir("*"))
	if err != nil {
		return "", fmt.Errorf("look for other instances: %w", err)
	}
	for _, other := range others {
		if path := filepath.Join(other, "borrowed"); path != b.path {
			return path, nil
		}
	}
	return "", nil
}
