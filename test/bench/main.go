// Command bench measures ShopFlow against a baseline arm of the same run: the same images and chart, but a shop that is
// installed into an empty database in the pod. The arms alternate (ABBA). It prints tables and writes JSON.
//
// It needs a local ShopFlow that is up; hack/bench starts one of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine/all"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// report is what the run measured.
type report struct {
	Machine string         `json:"machine"`
	Engines []engineReport `json:"engines"`
}

// engineReport is what was measured of one engine.
type engineReport struct {
	Engine v1alpha1.Engine `json:"engine"`
	Create comparison      `json:"create"`
	Phases []phaseTime     `json:"phases"`
	Memory []memory        `json:"idleMemory"`
	Pages  *pages          `json:"pages,omitempty"`
	// Proxies compares the gateway with nginx.
	Proxies *proxies `json:"proxies,omitempty"`
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	dir := flags.String("dir", ".shopflow", "folder of a local ShopFlow that is up")
	port := flags.Int("port", 8080, "its port")
	repeats := flags.Int("repeats", 5, "how often each arm runs")
	only := flags.String("engine", "", "measure only this engine")
	file := flags.String("json", "bench.json", "where the numbers are written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, kube, err := connect(*dir)
	if err != nil {
		return err
	}
	catalog, err := readCatalog(ctx, kube)
	if err != nil {
		return err
	}
	result := report{Machine: machine()}
	for _, one := range all.Engines() {
		name := one.Name
		if *only != "" && *only != string(name) {
			continue
		}
		if err := catalog.Check(name); err != nil {
			fmt.Fprintf(out, "\n%s is not measured: %v\n", name, err)
			continue
		}
		arm, err := newBaseline(config, kube, one, *port)
		if err != nil {
			return err
		}
		b := &bench{kube: kube, engine: name, port: *port, progress: progress, baseline: arm}
		measured, err := b.measure(ctx, *repeats)
		if err != nil {
			return fmt.Errorf("engine %s: %w", name, err)
		}
		printReport(out, result.Machine, measured)
		result.Engines = append(result.Engines, measured)
	}
	content, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(*file, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the numbers: %w", err)
	}
	return nil
}

// bench measures one engine on one local ShopFlow.
type bench struct {
	kube     client.WithWatch
	engine   v1alpha1.Engine
	port     int
	progress io.Writer
	baseline *baseline
}

func connect(dir string) (*rest.Config, client.WithWatch, error) {
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		return nil, nil, err
	}
	config.QPS = -1
	types := scheme.Scheme
	if err := v1alpha1.AddToScheme(types); err != nil {
		return nil, nil, err
	}
	kube, err := client.NewWithWatch(config, client.Options{Scheme: types})
	return config, kube, err
}

// measure runs both arms in alternating order: ours, baseline, baseline, ours, and so on.
func (b *bench) measure(ctx context.Context, repeats int) (engineReport, error) {
	result := engineReport{Engine: b.engine}
	var ours, theirs []time.Duration
	var phases []map[string]time.Duration
	for round := range repeats {
		arms := []string{"ours", "baseline"}
		if round%2 == 1 {
			arms = []string{"baseline", "ours"}
		}
		for _, arm := range arms {
			start := time.Now()
			if arm == "baseline" {
				took, err := b.baseline.create(ctx, fmt.Sprintf("bench-base-%d", round))
				if err != nil {
					return result, fmt.Errorf("baseline arm: %w", err)
				}
				theirs = append(theirs, took)
			} else {
				var examined *engineReport
				if round == repeats-1 {
					examined = &result
				}
				took, timeline, err := b.create(ctx, fmt.Sprintf("bench-%d", round), examined)
				if err != nil {
					return result, fmt.Errorf("our arm: %w", err)
				}
				ours, phases = append(ours, took), append(phases, timeline)
			}
			fmt.Fprintf(b.progress, "… %s, round %d of %d, %s: %.1f s in all\n", b.engine, round+1, repeats, arm, time.Since(start).Seconds())
		}
	}
	result.Create, result.Phases = compare(ours, theirs), summarize(phases)
	return result, nil
}

// create creates a store by its object and measures until it is Ready, then removes it. Before, it enters the store's memory
// and the speed of its pages into examined, unless that is nil.
func (b *bench) create(ctx context.Context, name string, examined *engineReport) (took time.Duration, timeline map[string]time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: b.engine}}
	store.Name = name
	start := time.Now()
	if err := b.kube.Create(ctx, store); err != nil {
		return 0, nil, err
	}
	ready, err := b.waitReady(ctx, name)
	took = time.Since(start)
	if err == nil {
		timeline = map[string]time.Duration{}
		for _, entry := range ready.Status.Timeline {
			if entry.EndedAt != nil {
				timeline[entry.Phase] = entry.EndedAt.Sub(start)
			}
		}
		if examined != nil {
			err = b.examine(ctx, ready, examined)
		}
	}
	return took, timeline, errors.Join(err, b.remove(ctx, name))
}

// examine weighs a store and, where pages are made on request, measures those.
func (b *bench) examine(ctx context.Context, store *v1alpha1.Store, result *engineReport) (err error) {
	if result.Memory, err = b.weigh(ctx, store.Status.Namespace); err != nil {
		return err
	}
	if b.engine != "woocommerce" {
		return nil
	}
	if result.Pages, err = b.browse(ctx, store); err != nil {
		return err
	}
	result.Proxies, err = b.compareProxies(ctx, store)
	return err
}

func (b *bench) waitReady(ctx context.Context, name string) (*v1alpha1.Store, error) {
	watcher, err := b.kube.Watch(ctx, &v1alpha1.StoreList{}, client.MatchingFields{"metadata.name": name})
	if err != nil {
		return nil, err
	}
	defer watcher.Stop()
	for {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return nil, errors.New("the watch of stores ended")
			}
			if store, ok := event.Object.(*v1alpha1.Store); ok && store.State() == v1alpha1.StateReady {
				return store, nil
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("store %s did not become Ready: %w", name, ctx.Err())
		}
	}
}

// remove deletes a store and waits until it is gone, so that the next arm has the machine to itself.
func (b *bench) remove(ctx context.Context, name string) error {
	store := &v1alpha1.Store{}
	store.Name = name
	return deleteAndWait(ctx, b.kube, store, &v1alpha1.StoreList{})
}

// deleteAndWait deletes a cluster-scoped object and waits until it is gone. The list is an empty one of its kind.
func deleteAndWait(ctx context.Context, kube client.WithWatch, object client.Object, list client.ObjectList) error {
	watcher, err := kube.Watch(ctx, list, client.MatchingFields{"metadata.name": object.GetName()})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	if err := kube.Delete(ctx, object); err != nil {
		return client.IgnoreNotFound(err)
	}
	for {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return fmt.Errorf("the watch of %s ended before it was gone", object.GetName())
			}
			if event.Type == watch.Deleted {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("%s is not gone: %w", object.GetName(), ctx.Err())
		}
	}
}

func machine() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%d cores", strings.Count(string(content), "processor\t"))
}
