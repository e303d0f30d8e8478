package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/test/podprocs"
)

// settle is how long a store is left alone before its idle memory is read.
const settle = 30 * time.Second

// memory is the proportional set size of a pod's processes: shared pages are divided among those that share them.
type memory struct {
	Part string  `json:"part"`
	MiB  float64 `json:"pssMiB"`
}

// weigh reads the memory of every pod of a namespace, by the cgroups of the processes on this machine.
func (b *bench) weigh(ctx context.Context, namespace string) ([]memory, error) {
	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var pods corev1.PodList
	if err := b.kube.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	folders, err := podprocs.Folders(pods.Items)
	if err != nil {
		return nil, err
	}
	var parts []memory
	for _, pod := range pods.Items {
		part := memory{Part: pod.Labels["app.kubernetes.io/component"]}
		for _, folder := range folders[pod.UID] {
			part.MiB += float64(pss(filepath.Join(folder, "smaps_rollup"))) / 1024
		}
		parts = append(parts, part)
	}
	sort.Slice(parts, func(i, j int) bool { return parts[i].MiB > parts[j].MiB })
	return parts, nil
}

// pss returns the Pss line of a smaps_rollup file in kB, 0 for kernel threads and processes that ended.
func pss(path string) int {
	file, err := os.Open(path) // #nosec G304 -- procfs
	if err != nil {
		return 0
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var kilobytes int
		if _, err := fmt.Sscanf(lines.Text(), "Pss: %d kB", &kilobytes); err == nil {
			return kilobytes
		}
	}
	return 0
}
