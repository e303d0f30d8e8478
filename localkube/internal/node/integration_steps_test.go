package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// testPod is a pod as Pod Security's level restricted wants it.
func testPod(name, role string) *corev1.Pod {
	limits := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("200m"), corev1.ResourceMemory: resource.MustParse("64Mi")}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			AutomountServiceAccountToken:  new(false),
			TerminationGracePeriodSeconds: new(int64(1)),
			RestartPolicy:                 corev1.RestartPolicyNever,
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), RunAsUser: new(int64(1234)), FSGroup: new(int64(4321)),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "main", Image: testImage, Env: []corev1.EnvVar{{Name: roleVariable, Value: role}},
				Resources: corev1.ResourceRequirements{Limits: limits, Requests: limits},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
					Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

func (i *instanceUnderTest) testPods(t *testing.T) {
	ctx := t.Context()
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testSpace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}}}
	if _, err := i.client.CoreV1().Namespaces().Create(ctx, space, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")}},
	}}
	if _, err := i.client.CoreV1().PersistentVolumeClaims(testSpace).Create(ctx, claim, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	server := testPod("web", "server")
	server.Spec.RestartPolicy = corev1.RestartPolicyAlways
	server.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name},
	}}}
	server.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	server.Spec.Containers[0].ReadinessProbe = &corev1.Probe{PeriodSeconds: 1, ProbeHandler: corev1.ProbeHandler{
		HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(8080)},
	}}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{
		Type: corev1.ServiceTypeNodePort, Selector: server.Labels,
		Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080), NodePort: 30080}},
	}}
	if _, err := i.client.CoreV1().Services(testSpace).Create(ctx, service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	i.create(t, server)
	eventually(t, 30*time.Second, "the server is ready", func(ctx context.Context) error { return i.podReady(ctx, "web") })
	if got := i.logs(ctx, "web"); got != "" {
		t.Errorf("the server says %q", got)
	}
}

// create makes a pod, as soon as its namespace's service account is there.
func (i *instanceUnderTest) create(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	eventually(t, 10*time.Second, "pod "+pod.Name+" is accepted", func(ctx context.Context) error {
		_, err := i.client.CoreV1().Pods(testSpace).Create(ctx, pod, metav1.CreateOptions{})
		return err
	})
}

func (i *instanceUnderTest) testNames(t *testing.T) { i.visit(t, "visitor") }

// visit runs a pod that asks the server by its name.
func (i *instanceUnderTest) visit(t *testing.T, name string) {
	t.Helper()
	i.create(t, testPod(name, "client"))
	eventually(t, time.Minute, name+" has found the server", func(ctx context.Context) error { return i.podSucceeded(ctx, name) })
}

func (i *instanceUnderTest) testKills(t *testing.T) {
	before, pod := i.status(t), i.serverPod(t)
	for _, name := range slices.Sorted(maps.Keys(before.Components)) {
		if err := before.Components[name].Signal(unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, time.Minute, name+" runs again and the API answers", func(context.Context) error {
			now := i.status(t)
			component := now.Components[name]
			if !now.Ready || !component.Alive() || component.Restarts < 1 {
				return fmt.Errorf("ready %t, component %+v", now.Ready, component)
			}
			return nil
		})
	}
	// Only a pod made now, found by name, shows that all of them do their work again.
	i.visit(t, "visitor-after-kills")
	if now := i.serverPod(t); now.UID != pod.UID || now.Status.ContainerStatuses[0].RestartCount != pod.Status.ContainerStatuses[0].RestartCount {
		t.Errorf("the server was disturbed: %+v", now.Status.ContainerStatuses)
	}
}

func (i *instanceUnderTest) serverPod(t *testing.T) *corev1.Pod {
	t.Helper()
	pod, err := i.client.CoreV1().Pods(testSpace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

func (i *instanceUnderTest) testStop(t *testing.T) {
	first, forwarding := i.firstUse(t), i.enabledForwarding(t)
	i.call(t, "stop")
	i.assertNothingLeft(t)
	if forwarding {
		if content, err := os.ReadFile("/proc/sys/net/ipv4/ip_forward"); err != nil || strings.TrimSpace(string(content)) != "0" {
			t.Errorf("packet forwarding was switched on by the node and is still %s (%v)", content, err)
		}
	}
	i.start(t)
	if again := i.firstUse(t); again != first {
		t.Errorf("after a stop the server's volume is from %s, before it was from %s", again, first)
	}
	i.visit(t, "visitor-after-stop")
}

// enabledForwarding tells whether the node is the one that switched packet forwarding on, and the only instance, so that it must switch it off.
func (i *instanceUnderTest) enabledForwarding(t *testing.T) bool {
	t.Helper()
	changes := newHostChanges(i.opts.Name)
	content, err := os.ReadFile(changes.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	successor, err := changes.successor()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(content), "forwarding") && successor == ""
}

func (i *instanceUnderTest) testSupervisorKilled(t *testing.T) {
	before := i.status(t)
	if err := unix.Kill(before.Supervisor, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	i.start(t)
	now := i.status(t)
	for name, component := range before.Components {
		if component.Alive() {
			t.Errorf("%s of the killed supervisor lives on", name)
		}
	}
	if !now.Ready || now.Supervisor == before.Supervisor {
		t.Errorf("after the supervisor was killed the status is %+v", now)
	}
	i.firstUse(t)
	if err := unix.Kill(now.Supervisor, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	i.call(t, "stop")
	i.assertNothingLeft(t)
	i.start(t)
}

func (i *instanceUnderTest) testVolumeRemoved(t *testing.T) {
	ctx := t.Context()
	claim, err := i.client.CoreV1().PersistentVolumeClaims(testSpace).Get(ctx, "data", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(i.opts.Dir, "node", "volumes", claim.Spec.VolumeName)
	if _, err := os.Stat(filepath.Join(folder, "first")); err != nil {
		t.Fatalf("the volume's folder: %v", err)
	}
	for _, remove := range []error{
		i.client.CoreV1().Pods(testSpace).Delete(ctx, "web", metav1.DeleteOptions{}),
		i.client.CoreV1().PersistentVolumeClaims(testSpace).Delete(ctx, "data", metav1.DeleteOptions{}),
	} {
		if remove != nil {
			t.Fatal(remove)
		}
	}
	eventually(t, 30*time.Second, "volume and folder are gone", func(ctx context.Context) error {
		if _, err := i.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{}); gone(err) != nil {
			return gone(err)
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("the folder is still there (%w)", err)
		}
		return nil
	})
}

func (i *instanceUnderTest) testDestroy(t *testing.T) {
	i.call(t, "destroy")
	i.assertNothingLeft(t)
	for _, path := range []string{layout{Options: i.opts}.node(), layout{Options: i.opts}.adminKubeconfig()} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
	i.call(t, "destroy")
}

// assertNothingLeft looks for what an instance may leave, by other means than those that remove it.
func (i *instanceUnderTest) assertNothingLeft(t *testing.T) {
	t.Helper()
	for what, script := range map[string]string{
		"control groups":   `find /sys/fs/cgroup -name "$INSTANCE"`,
		"packet rules":     `nft list tables | grep -w "$INSTANCE"`,
		"network":          `ls /run/netns 2>/dev/null | grep -x "$INSTANCE"; ls /sys/class/net | grep -x "$LINK"`,
		"short-lived data": `ls -d /run/$INSTANCE 2>/dev/null`,
		"state":            `ls $DIR/node/state.json 2>/dev/null`,
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		cmd.Env = append(os.Environ(), "DIR="+i.opts.Dir, "INSTANCE="+instance(i.opts.Name), "LINK="+linkName(i.opts.Name))
		output, err := cmd.Output()
		if left := strings.TrimSpace(string(output)); left != "" {
			t.Errorf("left are %s: %s", what, left)
		}
		// Where grep and ls find nothing they end with 1.
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
	}
	i.assertNoProcessLeft(t)
}

// assertNoProcessLeft looks for processes by their command line, control group and mounts.
func (i *instanceUnderTest) assertNoProcessLeft(t *testing.T) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range processes {
		pid, err := strconv.Atoi(filepath.Base(path))
		// One that has ended but was not waited for by its parent is only a number.
		if err != nil || pid == os.Getpid() || isZombie(path) {
			continue
		}
		for file, marks := range map[string][]string{
			"cmdline":   {i.opts.Dir + "/", "/run/" + instance(i.opts.Name) + "/"},
			"cgroup":    {"/" + instance(i.opts.Name)},
			"mountinfo": {i.opts.Dir + "/node", instance(i.opts.Name)},
		} {
			content, err := os.ReadFile(filepath.Join(path, file))
			if err != nil {
				continue
			}
			for _, mark := range marks {
				if strings.Contains(string(content), mark) {
					t.Errorf("left is process %d: its %s has %s", pid, file, mark)
				}
			}
		}
	}
}

func isZombie(path string) bool {
	content, err := os.ReadFile(filepath.Join(path, "stat"))
	return err != nil || strings.Contains(string(content), ") Z ")
}
