package podprocs

import "testing"

func TestHolds(t *testing.T) {
	const pod = "0b1f6f7e-55a4-4b52-9d3c-0f8f2a4a1c11"
	for cgroup, want := range map[string]bool{
		"11:memory:/kubepods/burstable/pod" + pod + "/abc":                                               true,
		"0::/kubepods.slice/kubepods-pod0b1f6f7e_55a4_4b52_9d3c_0f8f2a4a1c11.slice/cri-containerd.scope": true,
		"11:memory:/kubepods/burstable/pod1b1f6f7e-55a4-4b52-9d3c-0f8f2a4a1c11/abc":                      false,
		"0::/": false,
	} {
		if got := holds(cgroup, pod); got != want {
			t.Errorf("%s is the pod's: %v, want %v", cgroup, got, want)
		}
	}
}
