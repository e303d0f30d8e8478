package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const cgroupMount = "/sys/fs/cgroup"

// cgroups are the control groups of an instance: one below the root of every hierarchy. With version 2 there is one hierarchy, with version 1
// one for each controller. All that the instance runs is in them, which is how it is found again.
type cgroups struct {
	name string
	// unified means version 2.
	unified bool
	// hierarchies are the mount points.
	hierarchies []string
	// tracking is the hierarchy that the supervisor joins.
	tracking string
}

// findCgroups looks at how this machine has mounted the control groups.
func findCgroups(name string) (cgroups, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(cgroupMount, &stat); err != nil {
		return cgroups{}, fmt.Errorf("control groups are not mounted at %s: %w", cgroupMount, err)
	}
	if stat.Type == unix.CGROUP2_SUPER_MAGIC {
		return cgroups{name: instance(name), unified: true, hierarchies: []string{cgroupMount}, tracking: cgroupMount}, nil
	}
	mounts, err := readMounts()
	if err != nil {
		return cgroups{}, err
	}
	return cgroupsV1(instance(name), mounts)
}

func cgroupsV1(name string, mounts []mountPoint) (cgroups, error) {
	found := cgroups{name: name}
	for _, mount := range mounts {
		below := strings.HasPrefix(mount.path, cgroupMount+"/")
		if below && (mount.kind == "cgroup" || mount.kind == "cgroup2") && !slices.Contains(found.hierarchies, mount.path) {
			found.hierarchies = append(found.hierarchies, mount.path)
		}
	}
	for _, needed := range []string{"cpu", "memory", "pids", "devices"} {
		if !slices.ContainsFunc(found.hierarchies, func(path string) bool {
			return slices.Contains(strings.Split(filepath.Base(path), ","), needed)
		}) {
			return cgroups{}, fmt.Errorf("the control group controller %q is not mounted below %s", needed, cgroupMount)
		}
	}
	for _, path := range found.hierarchies {
		if slices.Contains(strings.Split(filepath.Base(path), ","), "pids") {
			found.tracking = path
		}
	}
	return found, nil
}

// create creates the instance's groups, so that the kubelet can put the pods below them.
func (c cgroups) create() error {
	if c.unified {
		if err := enableControllers(cgroupMount); err != nil {
			return err
		}
	}
	for _, hierarchy := range c.hierarchies {
		group := filepath.Join(hierarchy, c.name)
		if err := os.MkdirAll(group, 0o755); err != nil { // #nosec G301 -- the mode of every control group
			return fmt.Errorf("create control group: %w", err)
		}
		// A cpuset takes no process before it has processors and memory nodes.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			if err := inherit(hierarchy, group, file); err != nil && !c.unified {
				return fmt.Errorf("set up control group: %w", err)
			}
		}
	}
	if !c.unified {
		return nil
	}
	return enableControllers(filepath.Join(cgroupMount, c.name))
}

func inherit(parent, child, file string) error {
	content, err := os.ReadFile(filepath.Join(parent, file)) // #nosec G304 -- a file of the kernel
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(child, file), content, 0) // #nosec G703 -- a file of the kernel
}

// enableControllers lets the children of a version 2 group have every controller that the group has.
func enableControllers(group string) error {
	content, err := os.ReadFile(filepath.Join(group, "cgroup.controllers")) // #nosec G304 -- a file of the kernel
	if err != nil {
		return fmt.Errorf("read controllers: %w", err)
	}
	for controller := range strings.FieldsSeq(string(content)) {
		// One that cannot be enabled is missed by the kubelet, which then says so, if it is needed at all.
		_ = os.WriteFile(filepath.Join(group, "cgroup.subtree_control"), []byte("+"+controller), 0) // #nosec G703 -- a file of the kernel
	}
	return nil
}

// join puts this process, and so all that it starts, into the instance's group.
func (c cgroups) join() error {
	group := filepath.Join(c.tracking, c.name)
	if c.unified {
		// Version 2 wants processes in leaves alone.
		group = filepath.Join(group, "supervisor")
		if err := os.MkdirAll(group, 0o755); err != nil { // #nosec G301 -- the mode of every control group
			return fmt.Errorf("create control group: %w", err)
		}
	}
	return moveSelf(group)
}

// leave puts this process into the root of the hierarchy, so that the instance's group can be removed.
func (c cgroups) leave() error { return moveSelf(c.tracking) }

func moveSelf(group string) error {
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return fmt.Errorf("join control group: %w", err)
	}
	return nil
}

// processes returns every process of the instance but this one.
func (c cgroups) processes() ([]int, error) {
	var found []int
	err := c.walk(func(group string) error {
		content, err := os.ReadFile(filepath.Join(group, "cgroup.procs")) // #nosec G304 -- a file of the kernel
		if err != nil {
			return err
		}
		for field := range strings.FieldsSeq(string(content)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 0 && pid != os.Getpid() && !slices.Contains(found, pid) {
				found = append(found, pid)
			}
		}
		return nil
	})
	return found, err
}

// kill ends every process of the instance but this one, and returns when they have ended.
func (c cgroups) kill(ctx context.Context) error {
	return until(ctx, 20*time.Millisecond, func(context.Context) error {
		pids, err := c.processes()
		if err != nil {
			return err
		}
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("kill process %d: %w", pid, err)
			}
		}
		if len(pids) > 0 {
			return fmt.Errorf("processes %v have not ended yet", pids)
		}
		return nil
	})
}

// remove removes the instance's groups. They must be empty, but the kernel may need a moment to see it.
func (c cgroups) remove(ctx context.Context) error {
	return until(ctx, 20*time.Millisecond, func(context.Context) error {
		var groups []string
		if err := c.walk(func(group string) error { groups = append(groups, group); return nil }); err != nil {
			return err
		}
		slices.Reverse(groups)
		for _, group := range groups {
			if err := unix.Rmdir(group); err != nil && !errors.Is(err, unix.ENOENT) {
				return fmt.Errorf("remove control group %s: %w", group, err)
			}
		}
		return nil
	})
}

// walk visits the instance's groups, parents first. Groups that vanish on the way are no error.
func (c cgroups) walk(visit func(group string) error) error {
	for _, hierarchy := range c.hierarchies {
		err := filepath.WalkDir(filepath.Join(hierarchy, c.name), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				err = visit(path)
			}
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
				return nil
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("look at control groups: %w", err)
		}
	}
	return nil
}
