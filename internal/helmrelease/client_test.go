package helmrelease

import (
	"errors"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"helm.sh/helm/v4/pkg/chart/common"
	helmkube "helm.sh/helm/v4/pkg/kube"
	kubefake "helm.sh/helm/v4/pkg/kube/fake"
	helmreleaser "helm.sh/helm/v4/pkg/release"
	helmcommon "helm.sh/helm/v4/pkg/release/common"
	helmrel "helm.sh/helm/v4/pkg/release/v1"
	"helm.sh/helm/v4/pkg/storage/driver"
	"k8s.io/utils/clock"
)

// errDisk is what the failing storage answers.
var errDisk = errors.New("no space left")

// failingDriver refuses the writes it is told to, as storage does at the worst of moments.
type failingDriver struct {
	driver.Driver
	failCreate, failUpdate, failQuery bool
	// hang makes queries for the release demo wait until it is closed.
	hang chan struct{}
}

func (d *failingDriver) Query(labels map[string]string) ([]helmreleaser.Releaser, error) {
	if d.hang != nil && labels["name"] == "demo" {
		<-d.hang
	}
	if d.failQuery {
		return nil, errDisk
	}
	return d.Driver.Query(labels)
}

func (d *failingDriver) Create(key string, release helmreleaser.Releaser) error {
	if d.failCreate {
		return errDisk
	}
	return d.Driver.Create(key, copied(release))
}

func (d *failingDriver) Update(key string, release helmreleaser.Releaser) error {
	if d.failUpdate {
		return errDisk
	}
	return d.Driver.Update(key, copied(release))
}

// copied keeps the storage's record apart from the SDK's own, which it changes before it stores it, as any storage but
// one in memory does.
func copied(releaser helmreleaser.Releaser) helmreleaser.Releaser {
	release, ok := releaser.(*helmrel.Release)
	if !ok {
		return releaser
	}
	record, info := *release, *release.Info
	record.Info = &info
	return &record
}

// bench is a client whose storage is in memory and whose cluster takes everything, unless told otherwise.
type bench struct {
	*Client
	storage *failingDriver
	cluster *kubefake.FailingKubeClient
	request Request
}

func newBench(t *testing.T) *bench {
	t.Helper()
	chart, err := LoadChart(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	records := driver.NewMemory()
	records.SetNamespace("shop")
	b := &bench{
		storage: &failingDriver{Driver: records},
		cluster: &kubefake.FailingKubeClient{PrintingKubeClient: kubefake.PrintingKubeClient{Out: io.Discard, LogOutput: io.Discard}},
		request: Request{Namespace: "shop", Name: "demo", Chart: chart, Values: map[string]any{"greeting": "hi"}, Labels: map[string]string{"owner-of": "demo"}},
	}
	b.Client = &Client{
		abilities:   common.DefaultCapabilities,
		inventories: map[string]inventory{},
		records:     func(string) driver.Driver { return b.storage },
		kube:        func(string) helmkube.Interface { return b.cluster },
	}
	return b
}

func (b *bench) observe(t *testing.T) Observed {
	t.Helper()
	observed, err := b.Observe(t.Context(), "shop", "demo")
	if err != nil {
		t.Fatal(err)
	}
	return observed
}

func TestInstallIsObserved(t *testing.T) {
	b := newBench(t)
	if got := b.observe(t); got.Status != StatusAbsent {
		t.Fatalf("before: %+v", got)
	}
	if err := b.Install(t.Context(), b.request); err != nil {
		t.Fatal(err)
	}
	digest, err := b.request.Chart.Digest(b.request.Values)
	if err != nil {
		t.Fatal(err)
	}
	got := b.observe(t)
	want := Observed{
		Status: StatusDeployed, Revision: 1, ChartVersion: "0.1.0", Digest: digest,
		FirstDeployed: got.FirstDeployed, StartedAt: got.StartedAt, Description: got.Description,
		Inventory: []Object{{"v1", "ConfigMap", "greeting"}, {"v1", "Service", "door"}},
		Values:    map[string]any{"greeting": "hi"}, AppVersion: "1.2.3",
		Labels: map[string]string{"owner-of": "demo", labelDigest: digest, labelChart: b.request.Chart.digest},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Observed{})); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
	if got.FirstDeployed.IsZero() {
		t.Error("the release does not say when it was first deployed")
	}
}

func TestUpgradeKeepsTheLastRevisions(t *testing.T) {
	b := newBench(t)
	if err := b.Install(t.Context(), b.request); err != nil {
		t.Fatal(err)
	}
	first := b.observe(t)
	for _, greeting := range []string{"one", "two", "three"} {
		b.request.Values = map[string]any{"greeting": greeting}
		if err := b.Upgrade(t.Context(), b.request); err != nil {
			t.Fatal(err)
		}
	}
	got := b.observe(t)
	if got.Status != StatusDeployed || got.Revision != 4 || got.Digest == first.Digest || !got.FirstDeployed.Equal(first.FirstDeployed) {
		t.Errorf("observed %+v", got)
	}
	history, err := b.Client.storage("shop").History("demo")
	if err != nil || len(history) != maxHistory {
		t.Errorf("%d revisions are kept (%v), want %d", len(history), err, maxHistory)
	}
	b.request.KeepHistory = true
	for range 3 {
		if err := b.Upgrade(t.Context(), b.request); err != nil {
			t.Fatal(err)
		}
	}
	third, err := b.Revision(t.Context(), "shop", "demo", 3)
	if err != nil || third.Revision != 3 || third.Values["greeting"] != "two" {
		t.Errorf("revision 3 is %+v (%v)", third, err)
	}
	if chart, err := third.Chart(); err != nil {
		t.Error(err)
	} else if digest, err := chart.Digest(third.Values); err != nil || digest != third.Digest {
		t.Errorf("its digest is %s (%v), want %s", digest, err, third.Digest)
	}
	if gone, err := b.Revision(t.Context(), "shop", "demo", 1); err != nil || gone.Status != StatusAbsent {
		t.Errorf("revision 1 is %+v (%v), want none", gone, err)
	}
}

func TestCrashesAreRecovered(t *testing.T) {
	for _, status := range []helmcommon.Status{
		helmcommon.StatusPendingInstall, helmcommon.StatusPendingUpgrade,
	} {
		t.Run(status.String(), func(t *testing.T) {
			b := newBench(t)
			if err := b.Install(t.Context(), b.request); err != nil {
				t.Fatal(err)
			}
			leave(t, b, status)
			if got := b.observe(t); got.Status != StatusLocked {
				t.Fatalf("a release left %s is observed as %s", status, got.Status)
			}
			if err := b.Upgrade(t.Context(), b.request); err == nil {
				t.Fatal("Helm upgraded a locked release: the lock is not what it was")
			}
			if err := b.Unlock(t.Context(), "shop", "demo"); err != nil {
				t.Fatal(err)
			}
			if err := b.Upgrade(t.Context(), b.request); err != nil {
				t.Fatal(err)
			}
			if got := b.observe(t); got.Status != StatusDeployed || got.Revision != 2 {
				t.Errorf("observed %+v", got)
			}
		})
	}
	for _, status := range []helmcommon.Status{helmcommon.StatusUninstalling, helmcommon.StatusUninstalled} {
		t.Run(status.String(), func(t *testing.T) {
			b := newBench(t)
			if err := b.Install(t.Context(), b.request); err != nil {
				t.Fatal(err)
			}
			leave(t, b, status)
			if got := b.observe(t); got.Status != StatusUninstalling {
				t.Fatalf("a release left %s is observed as %s", status, got.Status)
			}
			if err := b.Uninstall(t.Context(), "shop", "demo"); err != nil {
				t.Fatal(err)
			}
			if got := b.observe(t); got.Status != StatusAbsent {
				t.Errorf("observed %+v", got)
			}
		})
	}
}

// leave puts the newest revision into a state that only a crash leaves behind.
func leave(t *testing.T, b *bench, status helmcommon.Status) {
	t.Helper()
	release, err := b.last("shop", "demo")
	if err != nil {
		t.Fatal(err)
	}
	release.Info.Status = status
	if err := b.Client.storage("shop").Update(release); err != nil {
		t.Fatal(err)
	}
}

func TestUnlockLeavesOthersAlone(t *testing.T) {
	b := newBench(t)
	if err := b.Unlock(t.Context(), "shop", "demo"); err != nil {
		t.Errorf("unlock of nothing: %v", err)
	}
	if err := b.Install(t.Context(), b.request); err != nil {
		t.Fatal(err)
	}
	if err := b.Unlock(t.Context(), "shop", "demo"); err != nil {
		t.Fatal(err)
	}
	if got := b.observe(t); got.Status != StatusDeployed {
		t.Errorf("unlock changed a deployed release to %s", got.Status)
	}
}

func TestFailuresLeaveARecordThatCanBeTakenUp(t *testing.T) {
	tests := map[string]struct {
		arrange func(*bench)
		repair  func(*bench)
		want    Status
	}{
		"ClusterRefuses": {
			func(b *bench) { b.cluster.WaitError = errDisk }, func(b *bench) { b.cluster.WaitError = nil }, StatusFailed,
		},
		"ClusterCannotRead": {
			func(b *bench) { b.cluster.BuildError = errDisk }, func(b *bench) { b.cluster.BuildError = nil }, StatusAbsent,
		},
		"StorageRefusesTheRecord": {
			func(b *bench) { b.storage.failCreate = true }, func(b *bench) { b.storage.failCreate = false }, StatusAbsent,
		},
		"StorageRefusesTheEnd": {
			func(b *bench) { b.storage.failUpdate = true }, func(b *bench) { b.storage.failUpdate = false }, StatusLocked,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			test.arrange(b)
			installErr := b.Install(t.Context(), b.request)
			test.repair(b)
			got := b.observe(t)
			// A release whose end could not be stored may be reported as done, but it must not be taken for done.
			if installErr == nil && got.Status == StatusDeployed {
				t.Fatal("the failure went unnoticed")
			}
			if got.Status != test.want {
				t.Fatalf("observed %s (%v), want %s", got.Status, installErr, test.want)
			}
			if got := converge(t, b); got.Status != StatusDeployed {
				t.Errorf("after repair: %+v", got)
			}
		})
	}
}

// converge brings the release to its request and returns its state.
func converge(t *testing.T, b *bench) Observed {
	t.Helper()
	digest, err := b.request.Chart.Digest(b.request.Values)
	if err != nil {
		t.Fatal(err)
	}
	result, err := b.Converge(t.Context(), Target{Request: b.request, Desired: Desired{Digest: digest}, Clock: clock.RealClock{}})
	if err != nil {
		t.Fatal(err)
	}
	return result.Observed
}

func TestValuesAreChecked(t *testing.T) {
	b := newBench(t)
	b.request.Values = map[string]any{"greeting": 5, "unheard": "of"}
	if err := b.Install(t.Context(), b.request); !errors.Is(err, ErrValues) {
		t.Errorf("install: %v", err)
	}
	if err := b.Upgrade(t.Context(), b.request); !errors.Is(err, ErrValues) {
		t.Errorf("upgrade: %v", err)
	}
	if got := b.observe(t); got.Status != StatusAbsent {
		t.Errorf("observed %+v", got)
	}
}

func TestUninstallOfNothing(t *testing.T) {
	b := newBench(t)
	if err := b.Uninstall(t.Context(), "shop", "demo"); err != nil {
		t.Error(err)
	}
}

func TestDigest(t *testing.T) {
	b := newBench(t)
	digest := func(values map[string]any) string {
		text, err := b.request.Chart.Digest(values)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	one := digest(map[string]any{"a": 1, "b": map[string]any{"c": "d"}})
	if again := digest(map[string]any{"b": map[string]any{"c": "d"}, "a": 1}); again != one {
		t.Error("the order of values changes the digest")
	}
	if other := digest(map[string]any{"a": 2}); other == one {
		t.Error("other values have the same digest")
	}
	if len(one) > 63 {
		t.Errorf("a digest of %d characters does not fit into a label", len(one))
	}
}

func TestRecordsOfUnknownForm(t *testing.T) {
	if _, err := asRelease("a string"); err == nil {
		t.Error("a string passed for a release")
	}
	if _, err := asRelease(&helmrel.Release{}); err == nil {
		t.Error("a release without its info passed")
	}
}
