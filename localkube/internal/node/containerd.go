package node

import (
	"fmt"
	"time"
)

// containerdSocket is where containerd listens, as the node sees it. The machine sees it at hostSocket.
const containerdSocket = "/run/containerd/containerd.sock"

func (l layout) hostSocket() string { return l.run("containerd", "containerd.sock") }

func containerd(l layout) component {
	return component{
		name: "containerd", path: l.program("containerd"), grace: 5 * time.Second,
		flags: map[string]string{"config": l.node("config", "containerd.toml"), "log-level": "warn"},
	}
}

// containerdConfig is what differs from containerd's own defaults.
func containerdConfig(l layout, pauseImage string, restrictOOM bool) string {
	return fmt.Sprintf(`version = 4
root = '/var/lib/containerd'
state = '/run/containerd'
imports = []
disabled_plugins = [
  'io.containerd.snapshotter.v1.blockfile', 'io.containerd.snapshotter.v1.btrfs', 'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.erofs', 'io.containerd.snapshotter.v1.zfs', 'io.containerd.nri.v1.nri',
  'io.containerd.tracing.processor.v1.otlp', 'io.containerd.internal.v1.tracing',
]

[grpc]
  address = '%[1]s'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '%[2]s'

[plugins.'io.containerd.cri.v1.runtime']
  # Without CAP_SYS_RESOURCE no process may lower its score.
  restrict_oom_score_adj = %[3]t
  netns_mounts_under_state_dir = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['%[4]s']
  conf_dir = '%[5]s'
  use_internal_loopback = true

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
  runtime_path = '%[6]s'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = '%[7]s'
  SystemdCgroup = false
`, containerdSocket, pauseImage, restrictOOM, l.programs, l.node("config", "cni"), l.program("containerd-shim-runc-v2"), l.program("runc"))
}

// podNetworkConfig gives every pod a link of its own to the node, which forwards the packets between pods. On a bridge they would bypass
// the node, and answers of services would come from the wrong address wherever the kernel does not filter bridges.
func podNetworkConfig(l layout) string {
	return fmt.Sprintf(`{
  "cniVersion": "1.0.0",
  "name": "%[1]s",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": "/var/lib/cni/addresses",
        "ranges": [[{"subnet": "%[2]s"}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "backend": "nftables", "capabilities": {"portMappings": true}}
  ]
}
`, instance(l.Name), podNetwork)
}
