package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
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
	sizes, err := sizesByCgroup()
	if err != nil {
		return nil, err
	}
	var parts []memory
	for _, pod := range pods.Items {
		part := memory{Part: pod.Labels["app.kubernetes.io/component"]}
		for cgroup, kilobytes := range sizes {
			if inPod(cgroup, &pod) {
				part.MiB += float64(kilobytes) / 1024
			}
		}
		parts = append(parts, part)
	}
	sort.Slice(parts, func(i, j int) bool { return parts[i].MiB > parts[j].MiB })
	return parts, nil
}

// inPod reports whether a cgroup is a pod's. The kubelet writes the UID with underscores in systemd's form.
func inPod(cgroup string, pod *corev1.Pod) bool {
	uid := string(pod.UID)
	return strings.Contains(cgroup, uid) || strings.Contains(cgroup, strings.ReplaceAll(uid, "-", "_"))
}

// sizesByCgroup returns the sum of Pss, in kB, of the processes of each cgroup.
func sizesByCgroup() (map[string]int, error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	sizes := map[string]int{}
	for _, folder := range folders {
		cgroup, err := os.ReadFile(filepath.Join(folder, "cgroup")) // #nosec G304 -- procfs
		if err != nil {
			continue // It ended meanwhile.
		}
		sizes[string(cgroup)] += pss(filepath.Join(folder, "smaps_rollup"))
	}
	return sizes, nil
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
