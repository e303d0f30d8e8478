package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// setUpHost creates what the node needs of the machine: its control groups, its network and its view of the file system. When
// something fails, what was created is left to cleanUpHost.
func (s *supervisor) setUpHost(ctx context.Context) error {
	l := s.layout
	groups, err := findCgroups(l.Name)
	if err != nil {
		return err
	}
	if err := groups.create(); err != nil {
		return err
	}
	if err := groups.join(); err != nil {
		return err
	}
	changes := newHostChanges(l.Name)
	for _, binding := range l.bindings() {
		if err := errors.Join(os.MkdirAll(binding.from, 0o755), changes.createFolder(binding.to)); err != nil { // #nosec G301 -- like the ordinary ones
			return fmt.Errorf("create folder: %w", err)
		}
	}
	if err := os.MkdirAll(l.run("settings"), 0o700); err != nil {
		return fmt.Errorf("create folder: %w", err)
	}
	if err := changes.enableForwarding(); err != nil {
		return err
	}
	if err := s.thread.Do(func() error { return isolateNetwork(l) }); err != nil {
		return err
	}
	if err := applyPacketRules(ctx, packetRules(l)); err != nil {
		return err
	}
	if err := s.thread.Do(func() error { return applyPacketRules(ctx, podRules()) }); err != nil {
		return err
	}
	return s.thread.Do(func() error { return isolateMounts(l) })
}

// claimName takes the name, unless an instance with another folder has it.
func claimName(opts Options) error {
	if err := checkName(opts); err != nil {
		return err
	}
	if err := os.MkdirAll(runDir(opts.Name), 0o700); err != nil {
		return fmt.Errorf("create folder: %w", err)
	}
	if err := os.WriteFile(ownerFile(opts.Name), []byte(opts.Dir), 0o600); err != nil {
		return fmt.Errorf("take the name: %w", err)
	}
	return nil
}

// checkName returns an error where an instance of the same name runs with another folder.
func checkName(opts Options) error {
	content, err := os.ReadFile(ownerFile(opts.Name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read who has the name: %w", err)
	}
	owner := strings.TrimSpace(string(content))
	if owner == opts.Dir || owner == "" {
		return nil
	}
	last, err := readState(owner)
	if err == nil && last != nil && last.Supervisor.Alive() {
		return fmt.Errorf("another instance %s runs in %s: use another name, or stop that one first", opts.Name, owner)
	}
	return nil
}

func ownerFile(name string) string { return filepath.Join(runDir(name), "owner") }

// cleanUpHost removes what setUpHost created, and every process that uses it. It is safe to call at any time for an instance that
// does not run, and touches nothing that belongs to others.
func cleanUpHost(ctx context.Context, l layout) error {
	groups, err := findCgroups(l.Name)
	if err != nil {
		return err
	}
	if err := groups.kill(ctx); err != nil {
		return err
	}
	if err := unmountBelow(l.node(), l.run()); err != nil {
		return err
	}
	if err := removeNetwork(l.Name); err != nil {
		return err
	}
	if _, err := findProgram("nft"); err == nil {
		if err := applyPacketRules(ctx, noPacketRules(l.Name)); err != nil {
			return err
		}
	}
	if err := groups.remove(ctx); err != nil {
		return err
	}
	if err := newHostChanges(l.Name).revert(); err != nil {
		return err
	}
	if err := os.RemoveAll(l.run()); err != nil {
		return fmt.Errorf("remove %s: %w", l.run(), err)
	}
	return nil
}

// leaveCgroups lets this process outlive its control group.
func leaveCgroups(l layout) error {
	groups, err := findCgroups(l.Name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(groups.tracking, groups.name)); errors.Is(err, unix.ENOENT) {
		return nil
	}
	return groups.leave()
}
