package node

import (
	"fmt"
	"time"
)

func kubelet(l layout) component {
	return component{name: "kubelet", grace: 5 * time.Second, flags: map[string]string{
		"config":            l.node("config", "kubelet.yaml"),
		"kubeconfig":        l.kubeconfig("kubelet"),
		"hostname-override": l.Name,
		"node-ip":           l.address.String(),
		"v":                 "1",
	}}
}

// kubeletConfig is what differs from the kubelet's own defaults.
func kubeletConfig(l layout) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://%[1]s
address: %[2]s
tlsCertFile: %[3]s
tlsPrivateKeyFile: %[4]s
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %[5]s}
authorization: {mode: Webhook}
clusterDNS: [%[6]s]
clusterDomain: %[7]s
resolvConf: %[8]s
cgroupDriver: cgroupfs
cgroupRoot: /%[9]s
failCgroupV1: false
failSwapOn: false
# Nothing outside the node may be set, see kernelSettings.
makeIPTablesUtilChains: false
maxPods: 110
# Images come from no registry: what is collected is gone.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
imagePullCredentialsVerificationPolicy: NeverVerify
evictionHard:
  memory.available: 100Mi
  nodefs.available: 2%%
  nodefs.inodesFree: 1%%
  imagefs.available: 2%%
  imagefs.inodesFree: 1%%
containerLogMaxSize: 5Mi
containerLogMaxFiles: 2
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 100
kubeAPIBurst: 200
# What fails because something else is not there yet should not wait for long when it is.
crashLoopBackOff: {maxContainerRestartPeriod: 5s}
`, containerdSocket, l.address, l.pki("kubelet-serving.crt"), l.pki("kubelet-serving.key"), l.pki("ca.crt"),
		dnsService, clusterDomain, l.node("config", "resolv.conf"), instance(l.Name))
}

func kubeProxy(l layout) component {
	return component{name: "kube-proxy", grace: quickGrace, flags: map[string]string{"config": l.node("config", "kube-proxy.yaml")}}
}

func kubeProxyConfig(l layout) string {
	return fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: %[1]s
clusterCIDR: %[2]s
clientConnection: {kubeconfig: %[3]s}
healthzBindAddress: %[4]s:10256
metricsBindAddress: %[4]s:10249
nodePortAddresses: [primary]
# Connection tracking is the machine's, not the node's.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
nftables: {minSyncPeriod: 100ms, syncPeriod: 1m}
`, l.Name, podNetwork, l.kubeconfig("kube-proxy"), loopback)
}
