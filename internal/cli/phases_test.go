package cli

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/progress"
)

// provisioning returns a store whose first phase is done and whose second is running.
func provisioning() apiclient.Store {
	end := time.Unix(1, 0)
	return apiclient.Store{
		State: apiclient.StoreStateProvisioning,
		Cause: &apiclient.Cause{Reason: "PodsNotReady", Message: "Waits for\nthe \x1b[31mdatabase"},
		Timeline: []apiclient.Phase{
			{Phase: v1alpha1.NamespaceReady, StartedAt: time.Unix(0, 0), EndedAt: &end, Seconds: 1},
			{Phase: v1alpha1.GuardrailsReady, StartedAt: end, Seconds: 2.04},
		},
	}
}

func TestPhaseFrame(t *testing.T) {
	failed := provisioning()
	failed.State = apiclient.StoreStateFailed
	done := progress.Line{State: progress.Done, Title: "Create namespace", Time: "1.0 s"}
	pending := []progress.Line{{Title: "Generate credentials"}, {Title: "Install the software"}, {Title: "Start the shop"}, {Title: "Publish the address"}, {Title: "Prove the sale"}}
	for name, test := range map[string]struct {
		store       apiclient.Store
		ended, open []progress.Line
	}{
		"Created": {apiclient.Store{}, nil, append([]progress.Line{{Title: "Create namespace"}, {Title: "Apply guard rails"}}, pending...)},
		"Running": {
			provisioning(),
			[]progress.Line{done},
			append([]progress.Line{{State: progress.Running, Title: "Apply guard rails", Time: "3.0 s", Note: "Waits for the \ufffd[31mdatabase"}}, pending...),
		},
		"Failed": {
			failed,
			[]progress.Line{done, {State: progress.Failed, Title: "Apply guard rails", Time: "2.0 s", Note: "Waits for the \ufffd[31mdatabase"}},
			pending,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := progress.Frame{Ended: test.ended, Open: test.open, TitleWidth: len("Generate credentials")}
			if diff := cmp.Diff(want, phaseFrame(test.store, time.Second)); diff != "" {
				t.Errorf("frame differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPhaseTitles compares the titles with the dashboard's.
func TestPhaseTitles(t *testing.T) {
	dashboard, err := os.ReadFile("../../web/src/store/steps.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range v1alpha1.Phases() {
		if entry := fmt.Sprintf("[%q, %q,", phase, phaseTitle(phase)); !bytes.Contains(dashboard, []byte(entry)) {
			t.Errorf("the dashboard does not have %s", entry)
		}
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Läden 店 🛍️ “x”":  "Läden 店 🛍️ “x”",
		"a\nb":            "a b",
		"a\x1b]0;x\x07b":  "a\ufffd]0;x\ufffdb",
		"a\u202eb\u200bc": "a\ufffdb\ufffdc",
		"a\tb\r":          "a\ufffdb\ufffd",
		"a\u009bb\xffc":   "a\ufffdb\ufffdc",
	} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", time.Minute: "1m", 119 * time.Minute: "1h", 47 * time.Hour: "47h", 72 * time.Hour: "3d",
	} {
		if got := age(d); got != want {
			t.Errorf("age(%s) = %s, want %s", d, got, want)
		}
	}
}
