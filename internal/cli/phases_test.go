package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

// provisioning returns a store whose first phase is done and whose second is going on.
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

// screen is what a terminal shows after the text: only the control sequences of draw.
func screen(text string) []string {
	var lines []string
	row := 0
	for part := range strings.SplitAfterSeq(text, "\n") {
		if rest, ok := strings.CutPrefix(part, "\x1b[7A"); ok {
			part, row = rest, row-7
		}
		part, cleared := strings.CutPrefix(part, "\r\x1b[K")
		if !cleared {
			continue
		}
		if row == len(lines) {
			lines = append(lines, "")
		}
		lines[row] = strings.TrimSuffix(part, "\n")
		row++
	}
	return lines
}

func TestPhasesAreDrawnInPlace(t *testing.T) {
	var out bytes.Buffer
	shown := &phases{out: &out, live: true, size: func() int { return 44 }, said: map[string]bool{}}
	store := provisioning()
	shown.update(store)
	shown.received = time.Now().Add(-time.Hour) // The phase that is going on has gone on since.
	shown.draw()
	if got := screen(out.String())[1]; !strings.HasPrefix(got, "  … Guard rails        3602.") {
		t.Errorf("an hour later: %q", got)
	}
	end := time.Unix(5, 0)
	store.Timeline[1].EndedAt, store.Timeline[1].Seconds = &end, 4
	store.State = apiclient.StoreStateFailed
	store.Timeline = append(store.Timeline, apiclient.Phase{Phase: v1alpha1.CredentialsReady, StartedAt: end})
	shown.update(store)
	want := []string{
		"  ✓ Namespace            1.0 s",
		"  ✓ Guard rails          4.0 s",
		"  ✗ Credentials          0.0 s  Waits for …",
		"  · Release",
		"  · Shop and database",
		"  · Address",
		"  · First sale",
	}
	if diff := cmp.Diff(want, screen(out.String())); diff != "" {
		t.Errorf("screen differs (-want +got):\n%s", diff)
	}
	if strings.Contains(out.String(), "\x1b[31m") {
		t.Error("the store's own text reaches the terminal as it is")
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
