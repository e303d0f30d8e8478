package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

const secretText = "s3cret-of-the-store"

// named returns a store with a uid of its own.
func named(name string) *v1alpha1.Store {
	store := aStore(name, nil)
	store.UID = "uid-of-" + store.UID + "-too"
	return store
}

// running is a store with a pod of each of two parts, its Secret, a volume and events.
func running() servertest.Options {
	in := func(name, component string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "store-x", Name: name, Labels: map[string]string{"app.kubernetes.io/component": component, v1alpha1.LabelStore: "a"}}
	}
	pod := func(name, component string) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: in(name, component),
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: component, Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
				Limits:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("128Mi")},
			}}}},
			Status: corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &metav1.Time{Time: servertest.Now()}},
		}
	}
	event := func(name, message string, at time.Time) *corev1.Event {
		return &corev1.Event{
			ObjectMeta: in(name, ""), InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "server-1"}, Type: "Warning", Reason: "BackOff", Message: message,
			LastTimestamp: metav1.NewTime(at), Count: 3,
		}
	}
	return servertest.Options{
		Objects: []client.Object{
			aStore("a", func(s *v1alpha1.Store) { s.Status.Namespace, s.Status.URL = "store-x", "http://a.example" }), named("b"),
			pod("server-1", "server"), pod("database-0", "database"),
			&corev1.Secret{ObjectMeta: in(v1alpha1.CredentialsSecret, ""), Data: map[string][]byte{
				"admin-password": []byte(secretText), "admin-email": []byte("owner@a.example"), "publishable-key": []byte("pk_123456"),
			}},
			&corev1.PersistentVolumeClaim{ObjectMeta: in("data-database-0", "database"), Status: corev1.PersistentVolumeClaimStatus{
				Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			}},
			event("old", "older", servertest.Now().Add(-time.Minute)), event("new", "newer", servertest.Now()),
			&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "platform", Name: "shopflow-controller"}, Spec: coordinationv1.LeaseSpec{
				HolderIdentity: new("controller-1"), LeaseDurationSeconds: new(int32(15)), RenewTime: &metav1.MicroTime{Time: servertest.Now().Add(-5 * time.Second)},
			}},
			&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Status: corev1.NodeStatus{
				Allocatable: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("4Gi"), corev1.ResourcePods: resource.MustParse("110")},
				Conditions:  []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
			}},
			&corev1.ResourceQuota{ObjectMeta: in("plan", ""), Status: corev1.ResourceQuotaStatus{Used: corev1.ResourceList{
				corev1.ResourceRequestsCPU: resource.MustParse("120m"), corev1.ResourceRequestsMemory: resource.MustParse("1Gi"), corev1.ResourcePods: resource.MustParse("4"),
			}}},
		},
		OpenLog: func(_ context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(fmt.Sprintf("%s/%s tail %d\npassword=%s\nlast", namespace, pod, *options.TailLines, secretText))), nil
		},
		Measure: func(_ context.Context, path string) ([]byte, error) {
			switch path {
			case "/apis/metrics.k8s.io/v1beta1/namespaces/store-x/pods":
				return []byte(`{"items":[{"metadata":{"name":"server-1"},"timestamp":"2026-11-22T11:59:50Z","containers":[{"usage":{"cpu":"12345678n","memory":"2048Ki"}}]}]}`), nil
			case "/apis/metrics.k8s.io/v1beta1/nodes":
				return []byte(`{"items":[{"metadata":{"name":"node-1"},"timestamp":"2026-11-22T11:59:50Z","usage":{"cpu":"1500m","memory":"1Gi"}}]}`), nil
			default:
				return nil, errors.New("not here")
			}
		},
	}
}

func TestDetails(t *testing.T) {
	for name, test := range map[string]request{
		"Logs":         {reason: "all parts, named, without secrets", path: "/api/v1/stores/a/logs", status: 200, text: "[database] store-x/database-0 tail 200\n[database] password=[secret]\n[database] last\n[server] store-x/server-1"},
		"LogsOfOne":    {reason: "as they are", path: "/api/v1/stores/a/logs?component=server&tail=7", status: 200, text: "store-x/server-1 tail 7\npassword=[secret]\nlast\n"},
		"LogsOfNone":   {reason: "says what is missing", path: "/api/v1/stores/a/logs?component=cache", status: 409, code: server.ProblemCodeLogsNotReady, text: "cache"},
		"LogsTooEarly": {reason: "nothing runs", path: "/api/v1/stores/b/logs", status: 409, code: server.ProblemCodeLogsNotReady},
		"LogsTooMany":  {reason: "bounded", path: "/api/v1/stores/a/logs?tail=5001", status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"tail"}},
		"LogsNone":     {reason: "no store", path: "/api/v1/stores/none/logs", status: 404, code: server.ProblemCodeStoreNotFound},
		"Events":       {reason: "newest first", path: "/api/v1/stores/a/events", status: 200, text: `{"items":[{"at":"2026-11-22T12:00:00Z","count":3,"message":"newer","object":"Pod/server-1"`},
		"EventsEarly":  {reason: "none yet", path: "/api/v1/stores/b/events", status: 200, text: `{"items":[]}`},
		"EventsNone":   {reason: "no store", path: "/api/v1/stores/none/events", status: 404, code: server.ProblemCodeStoreNotFound},
		"MetricsNone":  {reason: "no store", path: "/api/v1/stores/none/metrics", status: 404, code: server.ProblemCodeStoreNotFound},
		"Retry":        {reason: "asks the controller", method: "POST", path: "/api/v1/stores/a/retry", status: 202, text: `"name":"a"`},
		"Update":       {reason: "a larger plan", method: "PATCH", path: "/api/v1/stores/a", body: `{"plan":"large"}`, status: 202, text: `"plan":"large"`},
		"UpdateOther":  {reason: "no such plan", method: "PATCH", path: "/api/v1/stores/a", body: `{"plan":"huge"}`, status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"plan"}},
		"UpdateTypo":   {reason: "an unknown field", method: "PATCH", path: "/api/v1/stores/a", body: `{"plan":"large","engine":"medusa"}`, status: 400, code: server.ProblemCodeMalformedBody, fields: []string{"engine"}},
		"UpdateNone":   {reason: "no store", method: "PATCH", path: "/api/v1/stores/none", body: `{"plan":"large"}`, status: 404, code: server.ProblemCodeStoreNotFound},
		"ResetNothing": {reason: "no data is lost", method: "POST", path: "/api/v1/stores/a/reset", body: `{"startEmpty":true}`, status: 409, code: server.ProblemCodeStoreConflict, text: "has lost no data"},
		"ResetUnsaid":  {reason: "not confirmed", method: "POST", path: "/api/v1/stores/a/reset", body: `{"startEmpty":false}`, status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"startEmpty"}},
		"RetryNone":    {reason: "no store", method: "POST", path: "/api/v1/stores/none/retry", status: 404, code: server.ProblemCodeStoreNotFound},
		"RevealNone":   {reason: "no store", method: "POST", path: "/api/v1/stores/none/credentials", status: 404, code: server.ProblemCodeStoreNotFound},
		"NameFree":     {reason: "with its future address", path: "/api/v1/names/c", status: 200, text: `{"name":"c","status":"free","url":"http://c.example"}`},
		"NameTaken":    {reason: "no more than that", path: "/api/v1/names/a", status: 200, text: `{"name":"a","reason":"This name is taken; choose another","status":"taken","suggestion":"a-2","url":"http://a.example"}`},
		"NameReserved": {reason: "clear", path: "/api/v1/names/www", status: 200, text: `"status":"reserved"`},
		"NameInvalid":  {reason: "why", path: "/api/v1/names/A", status: 200, text: `"reason":"A name has lowercase letters only, since it becomes part of a web address","status":"invalid"}`},
		"Plans":        {reason: "with sizes", path: "/api/v1/plans", status: 200, text: `"name":"small","sizes":[{"cpuMillicores":1000,"engine":"medusa"`},
		"Platform":     {reason: "the controller lives", path: "/api/v1/platform", status: 200, text: `{"controller":{"alive":true,"lastSeen":"2026-11-22T11:59:55Z"}}`},
		"Capacity":     {reason: "nodes, and what stores take", path: "/api/v1/admin/capacity", status: 200, text: `"nodes":[{"cpuMillicores":2000,"cpuUsedMillicores":1500,"memoryBytes":4294967296,"memoryUsedBytes":1073741824,"name":"node-1","podsCapacity":110,"ready":true}],"requested":{"cpuMillicores":120,"memoryBytes":1073741824,"pods":4,"storageBytes":0},"stores":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			test.options = running()
			body := test.check(t)
			if strings.Contains(string(body), secretText) {
				t.Errorf("the answer shows a secret: %s", body)
			}
		})
	}
	t.Run("NoController", func(t *testing.T) {
		request{reason: "says so", path: "/api/v1/platform", status: 200, text: `{"controller":{"alive":false}}`}.check(t)
	})
}

func TestMetricsOfAStore(t *testing.T) {
	var got server.StoreMetrics
	body := request{reason: "what it uses", options: running(), path: "/api/v1/stores/a/metrics", status: 200}.check(t)
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	want := server.StoreMetrics{
		At: time.Date(2026, 11, 22, 11, 59, 50, 0, time.UTC),
		Components: []server.ComponentMetrics{
			{Name: "database", Pods: 1, CPURequestMillicores: 50, CPULimitMillicores: 1000, MemoryRequestBytes: 64 << 20, MemoryLimitBytes: 128 << 20},
			{Name: "server", Pods: 1, Measured: true, CPUMillicores: 13, MemoryBytes: 2 << 20, CPURequestMillicores: 50, CPULimitMillicores: 1000, MemoryRequestBytes: 64 << 20, MemoryLimitBytes: 128 << 20},
		},
		Volumes: []server.VolumeMetrics{{Name: "data-database-0", CapacityBytes: 1 << 30}},
		Missing: []string{"Requests are counted only where ShopFlow's own gateway serves the stores"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	options := running()
	options.Measure = nil
	request{reason: "without metrics-server it says so", options: options, path: "/api/v1/stores/a/metrics", status: 200, text: `"missing":["CPU and memory are not available`}.check(t)
}

func TestTheListSaysWhenNothingHasChanged(t *testing.T) {
	platform := servertest.New(t, with(aStore("a", nil)))
	ask := func(etag string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, platform.URL+"/api/v1/stores", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+servertest.Token)
		r.Header.Set("If-None-Match", etag)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer
	}
	first := ask("")
	etag := first.Header.Get("ETag")
	if first.StatusCode != http.StatusOK || etag == "" {
		t.Fatalf("answered %s with the tag %q", first.Status, etag)
	}
	if again := ask(etag); again.StatusCode != http.StatusNotModified {
		t.Errorf("again: answered %s, want 304", again.Status)
	}
	request := `{"name":"b","engine":"medusa"}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, platform.URL+"/api/v1/stores", strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+servertest.Token)
	r.Header.Set("Content-Type", "application/json")
	made, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = made.Body.Close()
	if changed := ask(etag); made.StatusCode != http.StatusCreated || changed.StatusCode != http.StatusOK || changed.Header.Get("ETag") == etag {
		t.Errorf("right after a store was made (%s): answered %s with the tag %q after %q", made.Status, changed.Status, changed.Header.Get("ETag"), etag)
	}
}

func TestLogsAreFollowed(t *testing.T) {
	options := running()
	lines := make(chan string)
	options.OpenLog = func(ctx context.Context, _, _ string, _ *corev1.PodLogOptions) (io.ReadCloser, error) {
		reader, writer := io.Pipe()
		go func() {
			for {
				select {
				case line := <-lines:
					_, _ = io.WriteString(writer, line)
				case <-ctx.Done():
					_ = writer.Close()
					return
				}
			}
		}()
		return reader, nil
	}
	platform := servertest.New(t, options)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, platform.URL+"/api/v1/stores/a/logs?component=server&follow=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+servertest.Token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	read := bufio.NewScanner(answer.Body)
	for _, line := range []string{"one\n", "two " + secretText + "\n"} {
		lines <- line
		want := strings.ReplaceAll(strings.TrimSuffix(line, "\n"), secretText, "[secret]")
		if !read.Scan() || read.Text() != want {
			t.Fatalf("got %q (%v), want %q", read.Text(), read.Err(), want)
		}
	}
}
