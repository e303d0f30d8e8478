package helmrelease

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
)

// TestChartOfARelease reads a chart back from Helm's record of a release, which is JSON.
func TestChartOfARelease(t *testing.T) {
	b := newBench(t)
	if err := b.Install(t.Context(), b.request); err != nil {
		t.Fatal(err)
	}
	observed := b.observe(t)
	record, err := json.Marshal(observed.chart)
	if err != nil {
		t.Fatal(err)
	}
	observed.chart = &helmchart.Chart{}
	if err := json.Unmarshal(record, observed.chart); err != nil {
		t.Fatal(err)
	}
	kept, err := observed.Chart()
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range []map[string]any{{}, {"greeting": "hello"}} {
		want, err := b.request.Chart.Render("shop", "demo", values)
		if err != nil {
			t.Fatal(err)
		}
		got, err := kept.Render("shop", "demo", values)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rendered with %v (-want +got):\n%s", values, diff)
		}
	}
	if _, err := kept.Render("shop", "demo", map[string]any{"greeting": 1}); err == nil {
		t.Error("the schema is lost")
	}
	original, _ := b.request.Chart.Digest(b.request.Values)
	if digest, err := kept.Digest(observed.Values); err != nil || digest != original {
		t.Errorf("the digest is %q (%v), want %q", digest, err, original)
	}

	// Version 0.1.0 did not say which chart it was.
	delete(observed.Labels, labelChart)
	if kept, err = observed.Chart(); err != nil || kept.digest != observed.Digest {
		t.Errorf("the chart of an old record is %q (%v), want %q", kept.digest, err, observed.Digest)
	}
	if _, err := (Observed{}).Chart(); err == nil {
		t.Error("a release that is absent has a chart")
	}
}
