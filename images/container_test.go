// Package images_test runs the images without Kubernetes: each container in its own namespaces, with a read-only root file system
// and the image's own user. It needs root, and the archives of the images in $SHOPFLOW_IMAGES_DIR/<name>.tar.
package images_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait.
const patience = 60 * time.Second

// image is an image's root file system on the disk, and its configuration.
type image struct {
	root   string
	config struct {
		User       string
		Env        []string
		Entrypoint []string
		WorkingDir string
	}
}

// unpack unpacks the image called name, or skips the test.
func unpack(t *testing.T, name string) image {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: containers have namespaces and users of their own")
	}
	return unpackArchive(t, archiveOf(t, name))
}

// archiveOf returns the archive of the image called name, or skips the test.
func archiveOf(t *testing.T, name string) string {
	t.Helper()
	archive := filepath.Join(os.Getenv("SHOPFLOW_IMAGES_DIR"), name+".tar")
	if _, err := os.Stat(archive); os.Getenv("SHOPFLOW_IMAGES_DIR") == "" || err != nil {
		t.Skipf("needs the image archive %s.tar in $SHOPFLOW_IMAGES_DIR", name)
	}
	return archive
}

func unpackArchive(t *testing.T, archive string) image {
	t.Helper()
	dir := t.TempDir()
	run(t, "tar", "-C", dir, "-xf", archive)
	var manifest []struct {
		Config string
		Layers []string
	}
	readJSON(t, filepath.Join(dir, "manifest.json"), &manifest)
	img := image{root: filepath.Join(dir, "root")}
	readJSON(t, filepath.Join(dir, manifest[0].Config), &struct{ Config any }{&img.config})
	for _, layer := range manifest[0].Layers {
		apply(t, img.root, filepath.Join(dir, layer))
	}
	return img
}

// apply unpacks a layer over root: its removals, then its files.
func apply(t *testing.T, root, layer string) {
	t.Helper()
	file, err := os.Open(layer)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if removed, ok := strings.CutPrefix(filepath.Base(header.Name), ".wh."); ok {
			if err := os.RemoveAll(filepath.Join(root, filepath.Dir(header.Name), removed)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "tar", "-C", root, "--exclude=.wh.*", "-xf", layer)
}

// container is a running container.
type container struct {
	env   []string // of the image
	cmd   *exec.Cmd
	lines chan string
	ended chan struct{}
	err   error // of its end

	mu  sync.Mutex
	log bytes.Buffer
}

// setup makes the container's view of the file system and becomes its first process. $1 is the root file system; the words
// up to -- are folders to mount: path=folder.
const setup = `
set -e
root=$1 user=$2 dir=$3
shift 3
ip link set lo up
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
while [ "$1" != -- ]; do
	mount --bind "${1#*=}" "$root${1%%=*}"
	shift
done
shift
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
mkdir -m 1777 "$root/dev/shm"
for node in null zero urandom random; do
	touch "$root/dev/$node"
	mount --bind "/dev/$node" "$root/dev/$node"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/2 "$root/dev/stderr"
exec env -i "$@" "$(command -v chroot)" --userspec="$user" "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$dir" $ENTRYPOINT
`

// start starts img with environment env and the folders mounts (path in the container -> folder), which its user can write to.
func (img image) start(t *testing.T, env, mounts map[string]string) *container {
	t.Helper()
	return img.startBeside(t, nil, img.config.Entrypoint, env, mounts)
}

// startBeside starts a command in img, in the network of the container neighbor if there is one, as in a pod.
func (img image) startBeside(t *testing.T, neighbor *container, command []string, env, mounts map[string]string) *container {
	t.Helper()
	words := []string{"unshare", "--net"}
	if neighbor != nil {
		words = []string{"nsenter", "--net=/proc/" + neighbor.pid(t) + "/ns/net", "unshare"}
	}
	args := append(words[1:], "--mount", "--pid", "--ipc", "--fork", "--kill-child", "sh", "-c", setup, "setup", img.root, img.config.User, img.dir())
	uid, err := strconv.Atoi(strings.Split(img.config.User, ":")[0])
	if err != nil || uid == 0 {
		t.Fatalf("the image's user is %q, not a number other than 0", img.config.User)
	}
	for path, folder := range mounts {
		if err := os.Chown(folder, uid, uid); err != nil {
			t.Fatal(err)
		}
		args = append(args, path+"="+folder)
	}
	args = append(append(args, "--"), img.config.Env...)
	for name, value := range env {
		args = append(args, name+"="+value)
	}
	c := &container{env: img.config.Env, lines: make(chan string, 10_000), ended: make(chan struct{})}
	c.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), words[0], args...)
	c.cmd.Env = append(os.Environ(), "ENTRYPOINT="+strings.Join(command, " "))
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// As in Kubernetes, the user owns what it prints to, and can open it again as /dev/stderr.
	if err := writer.Chown(uid, uid); err != nil {
		t.Fatal(err)
	}
	c.cmd.Stdout, c.cmd.Stderr = writer, writer
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	printed := make(chan struct{})
	go func() {
		c.read(reader)
		close(printed)
	}()
	go func() {
		c.err = c.cmd.Wait()
		select { // What it printed last may still be on its way. A test that reads no lines can block it.
		case <-printed:
		case <-time.After(5 * time.Second):
		}
		close(c.ended)
	}()
	t.Cleanup(c.kill)
	return c
}

func (img image) dir() string {
	if img.config.WorkingDir == "" {
		return "/"
	}
	return img.config.WorkingDir
}

func (c *container) read(reader io.Reader) {
	for scanner := bufio.NewScanner(reader); scanner.Scan(); {
		c.mu.Lock()
		c.log.WriteString(scanner.Text() + "\n")
		c.mu.Unlock()
		c.lines <- scanner.Text()
	}
	close(c.lines)
}

// output returns what the container has printed so far.
func (c *container) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// kill ends the container as a power cut would, and returns when all its processes have ended.
func (c *container) kill() {
	// The kernel ends a container's processes with the first one. That has changed its user, so it does not end with unshare.
	if pid, err := strconv.Atoi(c.first()); err == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// first returns the id of the container's first process, or nothing where there is none.
func (c *container) first() string {
	parent := strconv.Itoa(c.cmd.Process.Pid)
	children, _ := os.ReadFile(filepath.Join("/proc", parent, "task", parent, "children"))
	return strings.TrimSpace(string(children))
}

// await waits until the container prints a line with text.
func (c *container) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.After(patience); ; {
		select {
		case line, ok := <-c.lines:
			if !ok {
				t.Fatalf("the container ended before it printed %q:\n%s", text, c.output())
			}
			if strings.Contains(line, text) {
				return
			}
		case <-deadline:
			t.Fatalf("the container did not print %q in time:\n%s", text, c.output())
		}
	}
}

// pid returns the id of the container's first process, as seen outside.
func (c *container) pid(t *testing.T) string {
	t.Helper()
	eventually(t, "a process in the container", func() bool { return c.first() != "" })
	return c.first()
}

// exec runs a command in the container, as its user, and returns what it prints.
func (c *container) exec(t *testing.T, words ...string) (string, error) {
	t.Helper()
	args := append([]string{"--target", c.pid(t), "--mount", "--net", "--pid", "--root", "--wd", "--", "env"}, c.env...)
	args = append(args, words...)
	cmd := exec.CommandContext(t.Context(), "nsenter", args...)
	out, err := cmd.CombinedOutput()
	return strings.TrimSuffix(string(out), "\n"), err
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.After(patience); !done(); {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%s: timed out", what)
		}
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", file, err))
	}
}
