package images_test

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCacheAsksForItsPassword(t *testing.T) {
	img := unpack(t, "valkey")
	c := img.start(t, map[string]string{"CACHE_PASSWORD": "cachePassword1"}, map[string]string{"/data": t.TempDir()})
	c.await(t, "Ready to accept connections")
	if out, _ := c.exec(t, "valkey-cli", "ping"); !strings.Contains(out, "NOAUTH") {
		t.Errorf("without a password: %s", out)
	}
	if out, err := c.exec(t, "env", "REDISCLI_AUTH=cachePassword1", "valkey-cli", "ping"); err != nil || out != "PONG" {
		t.Errorf("with the password: %v: %s", err, out)
	}
	if strings.Contains(c.output(), "cachePassword1") {
		t.Error("the password is in the log")
	}
}

func TestCacheRefusesABadPassword(t *testing.T) {
	img := unpack(t, "valkey")
	for _, password := range []string{"", `x" bind 0.0.0.0 "`, "two\nlines"} {
		c := img.start(t, map[string]string{"CACHE_PASSWORD": password}, map[string]string{"/data": t.TempDir()})
		ends(t, c)
		if c.err == nil {
			t.Errorf("password %q was accepted", password)
		}
	}
}

// Deleting a store that starts must not take long: as the first process of a container, Node ignores SIGTERM without a listener, and
// Medusa adds one only when it is up. Here it never is, because there is no database.
func TestMedusaStopsBeforeItIsUp(t *testing.T) {
	img := unpack(t, "medusa")
	c := img.start(t, map[string]string{"DATABASE_HOST": "127.0.0.1", "CACHE_HOST": "127.0.0.1", "MEDUSA_WORKER_MODE": "server"}, nil)
	pid, err := strconv.Atoi(c.pid(t))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end", func() bool {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		select {
		case <-c.ended:
			return true
		default:
			return false
		}
	})
	var exit *exec.ExitError
	if !errors.As(c.err, &exit) {
		t.Fatalf("ended with %v:\n%s", c.err, c.output())
	}
	// On a busy machine the signal comes before there is a handler, which then ends the process.
	status, ok := exit.Sys().(syscall.WaitStatus)
	if bySignal := ok && status.Signaled() && status.Signal() == syscall.SIGTERM; exit.ExitCode() != 143 && !bySignal {
		t.Errorf("ended with %v instead of 143:\n%s", c.err, c.output())
	}
}

func ends(t *testing.T, c *container) {
	t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		t.Fatalf("still running:\n%s", c.output())
	}
}
