package node

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	kubeproxyv1alpha1 "k8s.io/kube-proxy/config/v1alpha1"
	schedulerv1 "k8s.io/kube-scheduler/config/v1"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	"sigs.k8s.io/yaml"
)

func exampleLayout() layout {
	return layout{
		Options: Options{Name: "example", Dir: "/data"}, programs: "/programs",
		host: netip.MustParseAddr("198.18.0.1"), address: netip.MustParseAddr("198.18.0.2"), ports: nodePorts(),
	}
}

func TestOptions(t *testing.T) {
	tests := map[string]struct {
		name, dir string
		wrong     bool
		reason    string
	}{
		"Ordinary":   {name: "shopflow", dir: "/tmp/a"},
		"Longest":    {name: strings.Repeat("a", 32), dir: "/tmp/a"},
		"TooLong":    {name: strings.Repeat("a", 33), dir: "/tmp/a", wrong: true, reason: "names of kernel objects are short"},
		"NoName":     {dir: "/tmp/a", wrong: true, reason: "the name is part of every path"},
		"UpperCase":  {name: "Shop", dir: "/tmp/a", wrong: true, reason: "it is the node's name, a DNS label"},
		"Path":       {name: "../a", dir: "/tmp/a", wrong: true, reason: "it must not lead elsewhere"},
		"EndsHyphen": {name: "a-", dir: "/tmp/a", wrong: true, reason: "it is a DNS label"},
		"NoDir":      {name: "a", wrong: true, reason: "there is no default here"},
		"CommaInDir": {name: "a", dir: "/tmp/a,b", wrong: true, reason: "mount options are separated by commas"},
		"BlankInDir": {name: "a", dir: "/tmp/a b", wrong: true, reason: "Corefiles are separated by blanks"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			opts := Options{Name: test.name, Dir: test.dir}
			if err := opts.Check(); (err != nil) != test.wrong {
				t.Errorf("Check() = %v, want an error: %t: %s", err, test.wrong, test.reason)
			}
		})
	}
}

func TestParsePublication(t *testing.T) {
	tests := map[string]struct {
		text  string
		want  Publication
		wrong bool
	}{
		"Ordinary":   {text: "8080:30080", want: Publication{8080, 30080}},
		"OnePort":    {text: "8080", wrong: true},
		"NoNumber":   {text: "a:30080", wrong: true},
		"PortZero":   {text: "0:30080", wrong: true},
		"TooHigh":    {text: "8080:65536", wrong: true},
		"ThreeParts": {text: "127.0.0.1:8080:30080", wrong: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParsePublication(test.text)
			if (err != nil) != test.wrong {
				t.Fatalf("ParsePublication(%q) = %v, want an error: %t", test.text, err, test.wrong)
			}
			if diff := cmp.Diff(test.want, got); err == nil && diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestConfigsAreRead makes sure that those who read the files find what was meant, and nothing that they do not know.
func TestConfigsAreRead(t *testing.T) {
	l := exampleLayout()
	t.Run("Kubelet", func(t *testing.T) {
		var config kubeletv1beta1.KubeletConfiguration
		if err := yaml.UnmarshalStrict([]byte(kubeletConfig(l)), &config); err != nil {
			t.Fatal(err)
		}
		if config.CgroupRoot != "/localkube-example" || config.FailCgroupV1 == nil || *config.FailCgroupV1 || *config.ImageGCHighThresholdPercent != 100 {
			t.Errorf("cgroup root %q, fails on version 1 %v, collects images at %d%%", config.CgroupRoot, config.FailCgroupV1, *config.ImageGCHighThresholdPercent)
		}
	})
	t.Run("KubeProxy", func(t *testing.T) {
		var config kubeproxyv1alpha1.KubeProxyConfiguration
		if err := yaml.UnmarshalStrict([]byte(kubeProxyConfig(l)), &config); err != nil {
			t.Fatal(err)
		}
		if config.Mode != "nftables" || *config.Conntrack.MaxPerCore != 0 {
			t.Errorf("mode %q, conntrack per core %d: want nftables, 0", config.Mode, *config.Conntrack.MaxPerCore)
		}
	})
	t.Run("Scheduler", func(t *testing.T) {
		var config schedulerv1.KubeSchedulerConfiguration
		if err := yaml.UnmarshalStrict([]byte(schedulerConfig(l)), &config); err != nil {
			t.Fatal(err)
		}
		if *config.LeaderElection.LeaderElect || *config.PodMaxBackoffSeconds != 1 {
			t.Errorf("elects a leader: %t, waits up to %d s", *config.LeaderElection.LeaderElect, *config.PodMaxBackoffSeconds)
		}
	})
	t.Run("PodNetwork", func(t *testing.T) {
		var config struct{ Plugins []struct{ Type string } }
		if err := json.Unmarshal([]byte(podNetworkConfig(l)), &config); err != nil {
			t.Fatal(err)
		}
		var types []string
		for _, plugin := range config.Plugins {
			types = append(types, plugin.Type)
		}
		if diff := cmp.Diff([]string{"ptp", "portmap"}, types); diff != "" {
			t.Error(diff)
		}
	})
}

func TestObjectsHaveAResource(t *testing.T) {
	all, err := objects(exampleLayout(), []byte("authority"))
	if err != nil {
		t.Fatal(err)
	}
	var addresses []any
	for _, object := range all {
		if resources()[object.GetKind()] == "" {
			t.Errorf("%s %s has a kind without a resource", object.GetKind(), object.GetName())
		}
		if object.GetKind() == "EndpointSlice" {
			addresses = object.Object["endpoints"].([]any)[0].(map[string]any)["addresses"].([]any)
		}
	}
	if diff := cmp.Diff([]any{"198.18.0.2"}, addresses); diff != "" {
		t.Errorf("the name server's endpoint: %s", diff)
	}
}

func TestControlPlaneStaysOnTheLoopback(t *testing.T) {
	l := exampleLayout()
	l.ControlPlane, l.address = true, netip.MustParseAddr(loopback)
	for _, c := range []component{etcd(l), apiserver(l), controllerManager(l)} {
		shared := slices.Contains(c.args(), "--permit-port-sharing=true") || slices.Contains(c.args(), "--socket-reuse-port=true")
		if !shared {
			t.Errorf("%s does not share its port, so it cannot be reserved", c.name)
		}
		for _, arg := range c.args() {
			if strings.Contains(arg, "0.0.0.0") || strings.Contains(arg, "/run/") {
				t.Errorf("%s has %s", c.name, arg)
			}
		}
	}
	if slices.Contains(etcd(exampleLayout()).args(), "--unsafe-no-fsync=true") {
		t.Error("a node's etcd may lose what it has said to be stored")
	}
}

func TestNameServers(t *testing.T) {
	tests := map[string]struct {
		first, second string
		want          []string
		reason        string
	}{
		"Plain":     {first: "search a\nnameserver 10.0.0.1\nnameserver 10.0.0.2\n", want: []string{"10.0.0.1", "10.0.0.2"}},
		"Stub":      {first: "nameserver 127.0.0.53\n", second: "nameserver 10.0.0.3\n", want: []string{"10.0.0.3"}, reason: "the node's loopback is another one"},
		"None":      {first: "# nothing\n", reason: "there is no server to ask"},
		"OnlyIPv6":  {first: "nameserver fe80::1\n", reason: "the node has no IPv6"},
		"Commented": {first: "#nameserver 10.0.0.1\nnameserver\n", reason: "neither line names a server"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
			for path, content := range map[string]string{first: test.first, second: test.second} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(test.want, nameServers(first, second)); diff != "" {
				t.Errorf("%s: %s", test.reason, diff)
			}
		})
	}
}

func TestCorefileWithoutUpstreamForwardsNothing(t *testing.T) {
	if strings.Contains(corefile(exampleLayout(), nil), "forward .") {
		t.Error("queries go to a server that is not there")
	}
	if want := "forward . 10.0.0.1 10.0.0.2 {"; !strings.Contains(corefile(exampleLayout(), []string{"10.0.0.1", "10.0.0.2"}), want) {
		t.Errorf("the Corefile has no %q", want)
	}
}
