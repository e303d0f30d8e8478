package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/test/podprocs"
)

// TestNoPlacedOrderIsLost deletes the pod that serves, kills its processes and kills the database while a customer buys. Every
// order that the shop acknowledged must be there afterwards, and a cart must never have become two orders.
func TestNoPlacedOrderIsLost(t *testing.T) { eachEngine(t, testNoPlacedOrderIsLost) }

func testNoPlacedOrderIsLost(t *testing.T, p *platform, k kind) {
	made := p.create(t, k.engine, "ledger")
	book := p.openBook(t, k, "ledger", 6*time.Minute)
	for what, strike := range p.strikes(k, made.Namespace) {
		book.sells(t, what)
		book.sells(t, what)
		if err := strike(t.Context()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		book.sells(t, what)
	}
	book.close(t)
}

// strikes are what must not cost a shop an order, by their names.
func (p *platform) strikes(k kind, namespace string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"the pod that serves is deleted": func(ctx context.Context) error {
			return p.kube.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": k.front})
		},
		"the processes that serve are killed": func(ctx context.Context) error { return p.kill(ctx, namespace, k.front) },
		"the database is killed":              func(ctx context.Context) error { return p.kill(ctx, namespace, "database") },
	}
}

// kill ends all processes of a component's containers as a crash would. The sandbox of the pod stays.
func (p *platform) kill(ctx context.Context, namespace, component string) error {
	var pods corev1.PodList
	err := p.kube.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": component})
	if err != nil {
		return err
	}
	folders, err := podprocs.Folders(pods.Items)
	if err != nil {
		return err
	}
	killed := 0
	for _, folder := range slices.Concat(slices.Collect(maps.Values(folders))...) {
		name, err := os.ReadFile(filepath.Join(folder, "comm")) // #nosec G304 -- procfs
		if err != nil || strings.TrimSpace(string(name)) == "pause" {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		killed++
	}
	if killed == 0 {
		return fmt.Errorf("%s has no process", component)
	}
	return nil
}
