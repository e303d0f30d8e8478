// Package postgres runs a real PostgreSQL for tests, from the archive of the image that the platform itself runs.
package postgres

import (
	"archive/tar"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// startTimeout bounds how long the database may take to start.
	startTimeout = 60 * time.Second
	// uid is the image's user.
	uid = 10001
	// rootDir is the folder of the image's files, in the server's own.
	rootDir = "root"
)

// Server is one PostgreSQL that the tests of a package share, each in a schema of its own. It starts with the first of them.
type Server struct {
	once    sync.Once
	dir     string
	command *exec.Cmd
	address string
	skip    string
	err     error
}

// Main runs the tests and then ends the server. It is what TestMain of a package calls.
func Main(m *testing.M, server *Server) int {
	defer server.Stop()
	return m.Run()
}

// DSN returns the connection string of an empty schema, or skips the test and says what is missing.
func (s *Server) DSN(t testing.TB) string {
	t.Helper()
	s.once.Do(func() { s.skip, s.err = s.start() })
	if s.skip != "" {
		t.Skip(s.skip)
	}
	if s.err != nil {
		t.Fatalf("start PostgreSQL: %v", s.err)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	connection, err := pgx.Connect(t.Context(), s.dsn(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(context.WithoutCancel(t.Context())) }()
	if _, err := connection.Exec(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	return s.dsn(schema)
}

func (s *Server) dsn(schema string) string {
	dsn := url.URL{Scheme: "postgres", User: url.UserPassword("test", "test"), Host: s.address, Path: "/test"}
	if schema != "" {
		dsn.RawQuery = url.Values{"search_path": {schema}}.Encode()
	}
	return dsn.String()
}

// setup becomes the image's first process: in a mount and process namespace of its own, on the machine's own loopback network.
const setup = `
set -e
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
mkdir -m 1777 "$root/dev/shm"
for node in null zero urandom random; do
	touch "$root/dev/$node"
	mount --bind "/dev/$node" "$root/dev/$node"
done
exec chroot --userspec=10001:10001 "$root" /usr/bin/env - PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
	PGDATA=/data/postgres PGPORT="$2" DATABASE_NAME=test DATABASE_USER=test DATABASE_PASSWORD=test /usr/local/bin/database
`

// start starts the server, or says why it cannot.
func (s *Server) start() (skip string, err error) {
	archive := filepath.Join(os.Getenv("SHOPFLOW_IMAGES_DIR"), "postgres.tar")
	if os.Getenv("SHOPFLOW_IMAGES_DIR") == "" || !exists(archive) {
		return "needs the image archive postgres.tar in $SHOPFLOW_IMAGES_DIR", nil
	}
	if os.Geteuid() != 0 {
		return "needs root: the database has a user and namespaces of its own", nil
	}
	if s.dir, err = os.MkdirTemp("", "shopflow-postgres-"); err != nil {
		return "", err
	}
	root, err := unpack(archive, s.dir)
	if err != nil {
		return "", err
	}
	for _, dir := range []string{"data", "run/postgresql"} {
		if err := os.Chown(filepath.Join(root, dir), uid, uid); err != nil {
			return "", err
		}
	}
	if s.address, err = freeAddress(); err != nil {
		return "", err
	}
	return "", s.run()
}

// run runs the database in the unpacked image, and returns when it answers.
func (s *Server) run() error {
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.command = exec.Command("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "sh", "-c", setup, "setup", filepath.Join(s.dir, rootDir), port)
	s.command.Stdout, s.command.Stderr = log, log
	if err := s.command.Start(); err != nil {
		return err
	}
	return s.await()
}

// Restart kills the database and starts it again on the same data and address, as after a crash.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.kill()
	if err := s.run(); err != nil {
		t.Fatalf("restart PostgreSQL: %v", err)
	}
}

// await returns when the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		connection, err := pgx.Connect(ctx, s.dsn(""))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("it does not answer: %w\n%s", err, log)
		}
	}
}

// Stop ends the server, if it runs, and removes its files.
func (s *Server) Stop() {
	s.kill()
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// kill ends all processes of the server, if it runs.
func (s *Server) kill() {
	if s.command != nil && s.command.Process != nil {
		parent := strconv.Itoa(s.command.Process.Pid)
		children, _ := os.ReadFile(filepath.Join("/proc", parent, "task", parent, "children"))
		if first, err := strconv.Atoi(strings.TrimSpace(string(children))); err == nil {
			_ = syscall.Kill(first, syscall.SIGKILL) // The first of its process namespace: with it all others end.
		}
		_ = s.command.Process.Kill()
		_ = s.command.Wait()
	}
}

// unpack unpacks the image and returns the folder of its files.
func unpack(archive, dir string) (string, error) {
	if err := execute("tar", "-C", dir, "-xf", archive); err != nil {
		return "", err
	}
	content, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return "", err
	}
	var manifest []struct{ Layers []string }
	if err := json.Unmarshal(content, &manifest); err != nil {
		return "", err
	}
	root := filepath.Join(dir, rootDir)
	if err := os.Mkdir(root, 0o755); err != nil {
		return "", err
	}
	for _, layer := range manifest[0].Layers {
		layer = filepath.Join(dir, layer)
		if err := remove(root, layer); err != nil {
			return "", err
		}
		if err := execute("tar", "-C", root, "--exclude=.wh.*", "-xf", layer); err != nil {
			return "", err
		}
	}
	return root, nil
}

// remove removes from root what the layer says is gone.
func remove(root, layer string) error {
	file, err := os.Open(layer)
	if err != nil {
		return err
	}
	defer file.Close()
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if gone, ok := strings.CutPrefix(filepath.Base(header.Name), ".wh."); ok {
			if err := os.RemoveAll(filepath.Join(root, filepath.Dir(header.Name), gone)); err != nil {
				return err
			}
		}
	}
}

func execute(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
