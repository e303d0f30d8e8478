package node

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/localkube/internal/process"
)

func TestChooseAddresses(t *testing.T) {
	free := func(netip.Prefix) bool { return false }
	host, node, err := chooseAddresses("shopflow", free)
	if err != nil {
		t.Fatal(err)
	}
	block := netip.PrefixFrom(node, 30).Masked()
	if !block.Contains(host) || host.Next() != node || !netip.MustParsePrefix(nodeRange).Contains(node) || host == block.Addr() {
		t.Errorf("host %s and node %s are not the middle of a block of %s", host, node, nodeRange)
	}
	if again, _, err := chooseAddresses("shopflow", free); err != nil || again != host {
		t.Errorf("the same name leads to %s, then to %s (%v)", host, again, err)
	}
	_, other, err := chooseAddresses("shopflow", func(asked netip.Prefix) bool { return asked == block })
	if err != nil || block.Contains(other) {
		t.Errorf("with %s taken the node gets %s (%v)", block, other, err)
	}
	if _, _, err := chooseAddresses("shopflow", func(netip.Prefix) bool { return true }); err == nil {
		t.Error("addresses were found where all are taken")
	}
}

func TestLinkNameFitsTheKernel(t *testing.T) {
	first, second := linkName("shopflow"), linkName("shopflow-test")
	if len(first) > 15 || first == second {
		t.Errorf("links are %q and %q: want different names of at most 15 bytes", first, second)
	}
}

func TestParseMount(t *testing.T) {
	tests := map[string]struct {
		line string
		want mountPoint
		ok   bool
	}{
		"Ordinary": {"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", mountPoint{"/mnt2", "ext3"}, true},
		"NoTags":   {"36 35 98:0 / /run rw - tmpfs tmpfs rw", mountPoint{"/run", "tmpfs"}, true},
		"Escaped":  {`36 35 98:0 / /a\040b\134 rw - overlay overlay rw`, mountPoint{`/a b\`, "overlay"}, true},
		"Short":    {"36 35 98:0 /", mountPoint{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := parseMount(test.line)
			if ok != test.ok || got != test.want {
				t.Errorf("parseMount = %+v, %t, want %+v, %t", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestCgroupsVersion1(t *testing.T) {
	mounts := func(paths ...string) []mountPoint {
		all := []mountPoint{{"/", "ext4"}, {"/sys/fs/cgroup", "tmpfs"}, {"/elsewhere/memory", "cgroup"}}
		for _, path := range paths {
			all = append(all, mountPoint{"/sys/fs/cgroup/" + path, "cgroup"})
		}
		return all
	}
	tests := map[string]struct {
		mounts   []mountPoint
		tracking string
		count    int
		wrong    bool
	}{
		"Separate":   {mounts: mounts("cpu", "cpuacct", "memory", "pids", "devices"), tracking: "/sys/fs/cgroup/pids", count: 5},
		"Joined":     {mounts: mounts("cpu,cpuacct", "memory", "pids", "devices"), tracking: "/sys/fs/cgroup/pids", count: 4},
		"Twice":      {mounts: mounts("cpu", "memory", "pids", "devices", "pids"), tracking: "/sys/fs/cgroup/pids", count: 4},
		"NoMemory":   {mounts: mounts("cpu", "pids", "devices"), wrong: true},
		"NotMounted": {mounts: mounts(), wrong: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := cgroupsV1("localkube-a", test.mounts)
			if (err != nil) != test.wrong {
				t.Fatalf("cgroupsV1 = %v, want an error: %t", err, test.wrong)
			}
			if err == nil && (got.tracking != test.tracking || len(got.hierarchies) != test.count) {
				t.Errorf("tracking %q of %d hierarchies, want %q of %d", got.tracking, len(got.hierarchies), test.tracking, test.count)
			}
		})
	}
}

// sleeper starts a process that does nothing and is ended with the test.
func sleeper(t *testing.T) process.Identity {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The process may have been killed by what is tested.
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	identity, err := process.Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func TestCleanUpKillsWhatTheStateNamesAndNothingElse(t *testing.T) {
	tests := map[string]struct {
		change func(*state)
		killed bool
		reason string
	}{
		"Leftover":     {func(*state) {}, true, "its supervisor was killed"},
		"ReusedPID":    {func(s *state) { startedLater(s, "etcd") }, false, "another process has the pid now"},
		"EarlierStart": {func(s *state) { s.Boot = "before" }, false, "the machine was started since"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			child := sleeper(t)
			opts := Options{Name: "unit", Dir: t.TempDir(), ControlPlane: true}
			left := record{dir: opts.Dir, failed: func(err error) { t.Error(err) }, state: state{
				Options: opts, Boot: bootID(), Components: map[string]process.State{"etcd": {Identity: child, Running: true}},
			}}
			if err := os.MkdirAll(filepath.Join(opts.Dir, "node"), 0o700); err != nil {
				t.Fatal(err)
			}
			left.change(test.change)
			if err := cleanUp(t.Context(), opts); err != nil {
				t.Fatal(err)
			}
			if child.Alive() == test.killed {
				t.Errorf("the process was killed: %t, want %t: %s", !child.Alive(), test.killed, test.reason)
			}
			if last, err := readState(opts.Dir); err != nil || last != nil {
				t.Errorf("after cleaning up the state is %v, %v", last, err)
			}
		})
	}
}

func startedLater(s *state, name string) {
	component := s.Components[name]
	component.Started++
	s.Components[name] = component
}

func TestLockIsHeldByOne(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir); !errors.Is(err, errRunning) {
		t.Errorf("a second lock says %v, want %v", err, errRunning)
	}
	if held, err := locked(dir); err != nil || !held {
		t.Errorf("while it is locked: locked = %t, %v", held, err)
	}
	unlock()
	if held, err := locked(dir); err != nil || held {
		t.Errorf("after unlocking: locked = %t, %v", held, err)
	}
	again, err := lock(dir)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again()
}

func TestReservedPortsCanBeShared(t *testing.T) {
	found, release, err := reservePorts()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	all := map[int]bool{found.api: true, found.etcd: true, found.etcdPeer: true, found.controllers: true}
	if len(all) != 4 || all[0] {
		t.Errorf("ports are %+v, want four different ones", found)
	}
	if _, err := listen(t.Context(), []Publication{{Port: found.api, NodePort: 1}}); err == nil {
		t.Error("a reserved port was given to a socket that does not share")
	}
}

func TestCheckDisk(t *testing.T) {
	if err := checkDisk(t.TempDir(), 1); err != nil {
		t.Errorf("one byte is not free: %v", err)
	}
	if err := checkDisk(t.TempDir(), 1<<62); err == nil {
		t.Error("4 EiB are free")
	}
}

func TestPauseArchiveIsReadBack(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "pause")
	if err := os.WriteFile(program, []byte("not really a program"), 0o700); err != nil {
		t.Fatal(err)
	}
	content, name, err := pauseArchive(program)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := pauseArchive(program)
	if err != nil || !cmp.Equal(content, again) {
		t.Errorf("the same program was packed differently (%v)", err)
	}
	archive := filepath.Join(dir, "pause.tar")
	if err := os.WriteFile(archive, content, 0o600); err != nil {
		t.Fatal(err)
	}
	images, err := readArchive(archive)
	if err != nil {
		t.Fatal(err)
	}
	if len(images) != 1 || !cmp.Equal(images[0].Names, []string{name}) || len(images[0].ID) != len("sha256:")+64 {
		t.Errorf("the archive holds %+v, want %s", images, name)
	}
}

func TestTogetherReturnsTheCauseAlone(t *testing.T) {
	cause := os.ErrPermission
	err := together(t.Context(),
		func(context.Context) error { return cause },
		func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		func(ctx context.Context) error { return closed(ctx, nil) },
	)
	if err == nil || err.Error() != cause.Error() {
		t.Errorf("together = %v, want %v alone", err, cause)
	}
}
