// Package podprocs finds the processes of pods on this machine, by their cgroups. It is for the tests and measurements that
// run beside the node.
package podprocs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Folders returns the folders in /proc of the processes of each pod. Processes that end meanwhile may be among them.
func Folders(pods []corev1.Pod) (map[types.UID][]string, error) {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	folders := map[types.UID][]string{}
	for _, folder := range all {
		cgroup, err := os.ReadFile(filepath.Join(folder, "cgroup")) // #nosec G304 -- procfs
		if err != nil {
			continue // It ended meanwhile.
		}
		if i := slices.IndexFunc(pods, func(pod corev1.Pod) bool { return holds(string(cgroup), pod.UID) }); i >= 0 {
			folders[pods[i].UID] = append(folders[pods[i].UID], folder)
		}
	}
	return folders, nil
}

// holds reports whether a cgroup is that of a pod. The kubelet writes the UID with underscores in systemd's form.
func holds(cgroup string, pod types.UID) bool {
	return strings.Contains(cgroup, string(pod)) || strings.Contains(cgroup, strings.ReplaceAll(string(pod), "-", "_"))
}
