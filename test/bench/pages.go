package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// frontend is the component that renders the pages.
	frontend = "web"
	// singles is how many pages are asked for one after another.
	singles = 100
	// crowd is how many customers ask at once, for crowdTime.
	crowd     = 4
	crowdTime = 5 * time.Second
	// pageCookie is that of a customer with a full cart, whose pages are never cached.
	pageCookie = "woocommerce_items_in_cart=1"
	// ticks is the kernel's USER_HZ, in which /proc counts CPU time.
	ticks = 100
)

// pages is how fast a shop's front page is.
type pages struct {
	First    float64 `json:"firstAfterStartMilliseconds"`
	Uncached arm     `json:"uncached"`
	// CPU is that of all of the store's pods together.
	CPU        float64 `json:"cpuMillisecondsPerUncachedRequest"`
	PerSecond  float64 `json:"uncachedRequestsPerSecond"`
	CachedRate float64 `json:"cachedRequestsPerSecond"`
}

func (p *pages) print(out io.Writer) {
	fmt.Fprintf(out, "\nThe shop's front page\n")
	fmt.Fprintf(out, "  %-28s %6.0f ms\n", "first request after a start", p.First)
	fmt.Fprintf(out, "  %-28s %6.0f ms p50, %.0f ms p95, %.0f ms of CPU\n", "uncached", p.Uncached.P50*1000, p.Uncached.P95*1000, p.CPU)
	fmt.Fprintf(out, "  %-28s %6.1f requests/s with %d customers\n", "uncached", p.PerSecond, crowd)
	fmt.Fprintf(out, "  %-28s %6.0f requests/s\n", "from the page cache", p.CachedRate)
}

// browse measures the front page of a store, at first that of a pod that has just started.
func (b *bench) browse(ctx context.Context, store *v1alpha1.Store) (*pages, error) {
	visitor := newVisitor(store.Status.URL, b.port)
	defer visitor.http.CloseIdleConnections()
	if err := b.restart(ctx, store.Status.Namespace); err != nil {
		return nil, err
	}
	first, err := visitor.get(ctx, true)
	if err != nil {
		return nil, err
	}
	result := &pages{First: milliseconds(first)}
	before, err := b.podCPU(ctx, store.Status.Namespace, nil)
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for range singles {
		one, err := visitor.get(ctx, true)
		if err != nil {
			return nil, err
		}
		took = append(took, one)
	}
	after, err := b.podCPU(ctx, store.Status.Namespace, nil)
	if err != nil {
		return nil, err
	}
	result.Uncached, result.CPU = newArm(took), milliseconds(after-before)/singles
	if result.PerSecond, err = visitor.rush(ctx, true); err != nil {
		return nil, err
	}
	result.CachedRate, err = visitor.rush(ctx, false)
	return result, err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// restart replaces the pod that makes the pages and waits until a new one serves.
func (b *bench) restart(ctx context.Context, namespace string) error {
	watcher, err := b.kube.Watch(ctx, &appsv1.DeploymentList{}, client.InNamespace(namespace), client.MatchingFields{"metadata.name": frontend})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	err = b.kube.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": frontend})
	if err != nil {
		return err
	}
	gone := false
	for {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return errors.New("the watch of deployments ended")
			}
			deployment, ok := event.Object.(*appsv1.Deployment)
			if !ok {
				continue
			}
			gone = gone || deployment.Status.AvailableReplicas == 0
			if gone && deployment.Status.AvailableReplicas > 0 {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("no new pod serves: %w", ctx.Err())
		}
	}
}

// cpuTicks adds utime, stime, cutime and cstime of a process (proc_pid_stat(5)).
func cpuTicks(path string) int64 {
	content, err := os.ReadFile(path) // #nosec G304 -- procfs
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(content), ") ") // The name of a program may have spaces.
	fields := strings.Fields(rest)
	var sum int64
	for i := 11; i <= 14 && i < len(fields); i++ {
		count, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0
		}
		sum += count
	}
	return sum
}

// visitor asks for the front page of one shop.
type visitor struct {
	http *http.Client
	url  string
}

func newVisitor(url string, port int) *visitor {
	dialer := &net.Dialer{}
	return &visitor{url: url + "/", http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: crowd,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		},
	}}}
}

// get asks for the page, as a customer with a cart, uncached, or as a stranger, and returns how long it took.
func (v *visitor) get(ctx context.Context, uncached bool) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url, nil)
	if err != nil {
		return 0, err
	}
	if uncached {
		request.Header.Set("Cookie", pageCookie)
	}
	start := time.Now()
	response, err := v.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the page answers %s", response.Status)
	}
	return time.Since(start), err
}

// rush lets a crowd ask at once and returns the requests per second.
func (v *visitor) rush(ctx context.Context, uncached bool) (float64, error) {
	start := time.Now()
	counts, errs := make([]int, crowd), make([]error, crowd)
	var customers sync.WaitGroup
	for i := range crowd {
		customers.Go(func() {
			for time.Since(start) < crowdTime && errs[i] == nil {
				_, errs[i] = v.get(ctx, uncached)
				counts[i]++
			}
		})
	}
	customers.Wait()
	var sum int
	for _, count := range counts {
		sum += count
	}
	return float64(sum) / time.Since(start).Seconds(), errors.Join(errs...)
}
