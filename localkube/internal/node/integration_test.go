package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// programsVariable names the folder with localkube and its siblings.
	programsVariable = "LOCALKUBE_BIN"
	// roleVariable makes this test program play a part in a pod.
	roleVariable = "LOCALKUBE_TEST_ROLE"
	testSpace    = "lk-test"
	testImage    = "localhost/localkube/test:1"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "server":
		fmt.Fprintln(os.Stderr, playServer())
		os.Exit(1)
	case "client":
		if err := playClient("http://web." + testSpace + ".svc." + clusterDomain); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// playServer answers with the time at which its volume was first used.
func playServer() error {
	const first = "/data/first"
	if _, err := os.Stat(first); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(first, []byte(time.Now().Format(time.RFC3339Nano)), 0o600); err != nil {
			return err
		}
	}
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, first)
	})}
	return server.ListenAndServe()
}

func playClient(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return until(ctx, 200*time.Millisecond, func(ctx context.Context) error {
		_, err := get(ctx, url)
		return err
	})
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return string(body), err
}

// instanceUnderTest is a running localkube.
type instanceUnderTest struct {
	programs string
	opts     Options
	publish  int
	client   kubernetes.Interface
}

func (i *instanceUnderTest) command(ctx context.Context, verb string, args ...string) *exec.Cmd {
	all := append([]string{verb, "--name", i.opts.Name, "--dir", i.opts.Dir}, args...)
	return exec.CommandContext(ctx, filepath.Join(i.programs, "localkube"), all...)
}

// call runs a verb and returns what it wrote to its standard output.
func (i *instanceUnderTest) call(t *testing.T, verb string, args ...string) string {
	t.Helper()
	cmd := i.command(t.Context(), verb, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("localkube %s: %v\n%s", verb, err, errOut.String())
	}
	t.Logf("localkube %s took %.1f s", verb, time.Since(begun).Seconds())
	return out.String()
}

func (i *instanceUnderTest) start(t *testing.T) {
	t.Helper()
	i.call(t, "start", "--publish", fmt.Sprintf("%d:30080", i.publish))
	config, err := clientcmd.BuildConfigFromFlags("", layout{Options: i.opts}.adminKubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	if i.client, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
}

func (i *instanceUnderTest) status(t *testing.T) Status {
	t.Helper()
	var status Status
	if err := json.Unmarshal([]byte(i.call(t, "status", "-o", "json")), &status); err != nil {
		t.Fatal(err)
	}
	return status
}

// newInstance returns an instance that is removed with the test, or skips the test.
func newInstance(t *testing.T, name string) *instanceUnderTest {
	t.Helper()
	programs := os.Getenv(programsVariable)
	if programs == "" {
		t.Skipf("skipped: %s does not name a folder with localkube", programsVariable)
	}
	made := &instanceUnderTest{programs: programs, opts: Options{Name: name, Dir: t.TempDir()}, publish: freePort(t)}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if output, err := made.command(ctx, "destroy").CombinedOutput(); err != nil {
			t.Errorf("localkube destroy: %v\n%s", err, output)
		}
	})
	return made
}

func eventually(t *testing.T, within time.Duration, what string, ask func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	begun := time.Now()
	if err := until(ctx, 50*time.Millisecond, ask); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	t.Logf("%s after %.1f s", what, time.Since(begun).Seconds())
}

func TestControlPlane(t *testing.T) {
	made := newInstance(t, "lk-test-control")
	begun := time.Now()
	// Two at once are as good as one.
	twin := made.command(t.Context(), "start", "--control-plane")
	if err := twin.Start(); err != nil {
		t.Fatal(err)
	}
	made.call(t, "start", "--control-plane")
	t.Logf("the control plane was ready after %.1f s (goal: 6 s)", time.Since(begun).Seconds())
	if err := twin.Wait(); err != nil {
		t.Errorf("a start at the same time ended with %v", err)
	}
	status := made.status(t)
	if !status.Ready || len(status.Components) != 3 {
		t.Errorf("status is %+v, want ready with three components", status)
	}
	made.call(t, "start", "--control-plane")
	if again := made.status(t); again.Supervisor != status.Supervisor {
		t.Errorf("a second start replaced supervisor %d by %d", status.Supervisor, again.Supervisor)
	}
	made.call(t, "stop")
	for name, component := range status.Components {
		if component.Alive() {
			t.Errorf("%s lives on after stop", name)
		}
	}
}

func TestForegroundEndsWithItsInput(t *testing.T) {
	made := newInstance(t, "lk-test-input")
	cmd := made.command(t.Context(), "run", "--control-plane", "--until-stdin-closes")
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the control plane is ready", func(context.Context) error {
		if status := made.status(t); !status.Ready {
			return errors.New("not ready")
		}
		return nil
	})
	components := made.status(t).Components
	input.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("run ended with %v", err)
	}
	if want := "ready " + filepath.Join(made.opts.Dir, "kubeconfig") + "\n"; out.String() != want {
		t.Errorf("run wrote %q, want %q", out.String(), want)
	}
	for name, component := range components {
		if component.Alive() {
			t.Errorf("%s lives on", name)
		}
	}
}

func TestNode(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: a node needs root")
	}
	made := newInstance(t, "lk-test")
	begun := time.Now()
	made.start(t)
	t.Logf("the node was ready after %.1f s (goal: 10 s)", time.Since(begun).Seconds())
	made.loadTestImage(t)

	t.Run("PodsRunRestrictedWithAVolume", made.testPods)
	t.Run("PodsFindEachOtherByName", made.testNames)
	t.Run("ThePublishedPortReachesAPod", func(t *testing.T) { made.firstUse(t) })
	t.Run("EveryComponentMayBeKilled", made.testKills)
	t.Run("StopLeavesNothingAndKeepsTheData", made.testStop)
	t.Run("TheSupervisorMayBeKilled", made.testSupervisorKilled)
	t.Run("AVolumeGoesWithItsClaim", made.testVolumeRemoved)
	t.Run("DestroyLeavesNothing", made.testDestroy)
}

func (i *instanceUnderTest) loadTestImage(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := programArchive(program, "test", testImage)
	if err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "test.tar")
	if err := os.WriteFile(archive, content, 0o600); err != nil {
		t.Fatal(err)
	}
	i.call(t, "load", archive)
	begun := time.Now()
	i.call(t, "load", archive)
	t.Logf("loading it again took %.2f s", time.Since(begun).Seconds())
}

func (i *instanceUnderTest) firstUse(t *testing.T) string {
	t.Helper()
	var answer string
	eventually(t, 30*time.Second, "the published port answers", func(ctx context.Context) (err error) {
		answer, err = get(ctx, "http://"+net.JoinHostPort(loopback, strconv.Itoa(i.publish)))
		return err
	})
	return answer
}

func (i *instanceUnderTest) podReady(ctx context.Context, name string) error {
	pod, err := i.client.CoreV1().Pods(testSpace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
			return nil
		}
	}
	return fmt.Errorf("pod %s is %s, not ready", name, pod.Status.Phase)
}

func (i *instanceUnderTest) podSucceeded(ctx context.Context, name string) error {
	pod, err := i.client.CoreV1().Pods(testSpace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if pod.Status.Phase == corev1.PodFailed {
		return stopWaiting(fmt.Errorf("pod %s failed: %s", name, strings.TrimSpace(i.logs(ctx, name))))
	}
	if pod.Status.Phase != corev1.PodSucceeded {
		return fmt.Errorf("pod %s is %s", name, pod.Status.Phase)
	}
	return nil
}

func (i *instanceUnderTest) logs(ctx context.Context, pod string) string {
	content, err := i.client.CoreV1().Pods(testSpace).GetLogs(pod, &corev1.PodLogOptions{}).DoRaw(ctx)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

func gone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err == nil {
		err = errors.New("still there")
	}
	return err
}
