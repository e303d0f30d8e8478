package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

// many is how many stores a busy platform has.
const many = 500

// TestManyStores lists many stores: every page is right, and how long a page takes is printed.
func TestManyStores(t *testing.T) {
	objects := administrator(t)
	installCRD(t, objects)
	grant(t, objects)
	createMany(t, objects)
	server := start(t)
	platform, err := apiclient.New(apiclient.Config{Server: server, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { // The server reads the stores first.
		_, err := platform.Find(t.Context(), apiclient.ListStoresParams{Limit: 1})
		return err
	})
	for name, test := range map[string]struct {
		params apiclient.ListStoresParams
		want   func(i int) bool
	}{
		"OnePage":  {apiclient.ListStoresParams{}, func(int) bool { return true }},
		"Pages":    {apiclient.ListStoresParams{Limit: 37}, func(int) bool { return true }},
		"Singles":  {apiclient.ListStoresParams{Limit: 1, Q: "many-00"}, func(i int) bool { return i < 10 }},
		"Owner":    {apiclient.ListStoresParams{Limit: 50, Owner: "user-3"}, func(i int) bool { return i%7 == 3 }},
		"Failed":   {apiclient.ListStoresParams{Limit: 50, State: apiclient.StoreStateFailed}, func(i int) bool { return i%5 == 0 }},
		"Titles":   {apiclient.ListStoresParams{Limit: 500, Q: "SHOP NUMBER 499"}, func(i int) bool { return i == 499 }},
		"Together": {apiclient.ListStoresParams{Limit: 10, State: apiclient.StoreStateReady, Owner: "user-3", Engine: "medusa"}, func(i int) bool { return i%7 == 3 && i%5 != 0 }},
		"None":     {apiclient.ListStoresParams{Engine: "woocommerce"}, func(int) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := platform.Find(t.Context(), test.params)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for i := range many {
				if test.want(i) {
					want = append(want, nameOf(i))
				}
			}
			for _, store := range list.Items {
				got = append(got, store.Name)
			}
			if !slices.Equal(want, got) || list.Total != len(want) {
				t.Errorf("listed %d of a total of %d, want %d by name and each once", len(got), list.Total, len(want))
			}
		})
	}
	for _, limit := range []int{50, many} {
		measure(t, server, limit)
	}
}

func nameOf(i int) string { return fmt.Sprintf("many-%03d", i) }

// createMany creates the stores with all that a controller writes into them, and removes them after the test.
func createMany(t *testing.T, objects client.Client) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := objects.DeleteAllOf(ctx, &v1alpha1.Store{}); err != nil {
			t.Errorf("remove the stores: %v", err)
		}
	})
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	for i := range many {
		group.Go(func() error {
			store := &v1alpha1.Store{
				ObjectMeta: metav1.ObjectMeta{Name: nameOf(i)},
				Spec:       v1alpha1.StoreSpec{Engine: "medusa", Owner: fmt.Sprintf("user-%d", i%7), DisplayName: fmt.Sprintf("Shop number %d", i)},
			}
			if err := objects.Create(ctx, store); err != nil {
				return err
			}
			store.Status = statusOf(i)
			return objects.Status().Update(ctx, store)
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// statusOf is the status of a store that sells or, each fifth, has failed.
func statusOf(i int) v1alpha1.StoreStatus {
	now := metav1.NowMicro()
	status := v1alpha1.StoreStatus{Namespace: "store-" + nameOf(i), URL: "http://" + nameOf(i) + ".example", AdminURL: "http://" + nameOf(i) + ".example/app"}
	condition := func(kind string, value metav1.ConditionStatus) {
		status.Conditions = append(status.Conditions, metav1.Condition{
			Type: kind, Status: value, Reason: v1alpha1.ReasonSucceeded, Message: "As long as a message usually is", ObservedGeneration: 1, LastTransitionTime: metav1.Now(),
		})
	}
	for _, phase := range v1alpha1.Phases() {
		status.Timeline = append(status.Timeline, v1alpha1.TimelineEntry{Phase: phase, StartedAt: now, EndedAt: &now})
		condition(phase, metav1.ConditionTrue)
	}
	if i%5 == 0 {
		condition(v1alpha1.Stalled, metav1.ConditionTrue)
		return status
	}
	condition(v1alpha1.Ready, metav1.ConditionTrue)
	status.Receipt = &v1alpha1.Receipt{OrderNumber: "1", SoldAt: now, Milliseconds: 900}
	for range 12 {
		status.Receipt.Steps = append(status.Receipt.Steps, v1alpha1.ReceiptStep{Name: "A step of the sale", Milliseconds: 75})
	}
	return status
}

// measure prints how long the server takes for a page, from the request to the last byte.
func measure(t *testing.T, server string, limit int) {
	t.Helper()
	const requests = 200
	took, size := make([]time.Duration, 0, requests), 0
	for range requests {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/api/v1/stores?limit=%d", server, limit), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		begin := time.Now()
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		took = append(took, time.Since(begin))
		if err != nil || answer.StatusCode != http.StatusOK || !json.Valid(body) {
			t.Fatalf("answered %s with %d bytes: %v", answer.Status, len(body), err)
		}
		size = len(body)
	}
	slices.Sort(took)
	t.Logf("list of %d stores, %d of them on the page (%d KiB): p50 %.1f ms, p99 %.1f ms", many, limit, size>>10,
		float64(took[requests/2].Microseconds())/1000, float64(took[requests*99/100].Microseconds())/1000)
}
