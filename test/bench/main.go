// Command bench measures ShopFlow against a baseline arm of the same run: the same images and chart, but an empty database
// that is initialised, migrated and seeded in the pod. The arms alternate (ABBA). It prints a table and writes JSON.
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
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
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
	Create  comparison  `json:"create"`
	Phases  []phaseTime `json:"phases"`
	Memory  []memory    `json:"idleMemory"`
	Machine string      `json:"machine"`
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	dir := flags.String("dir", ".shopflow", "folder of a local ShopFlow that is up")
	port := flags.Int("port", 8080, "its port")
	repeats := flags.Int("repeats", 5, "how often each arm runs")
	file := flags.String("json", "bench.json", "where the numbers are written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := newBench(*dir, *port, progress)
	if err != nil {
		return err
	}
	result, err := b.measure(ctx, *repeats)
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(*file, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the numbers: %w", err)
	}
	printReport(out, result)
	return nil
}

// bench is one local ShopFlow under measurement.
type bench struct {
	kube     client.WithWatch
	progress io.Writer
	baseline *baseline
}

func newBench(dir string, port int, progress io.Writer) (*bench, error) {
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	types := scheme.Scheme
	if err := v1alpha1.AddToScheme(types); err != nil {
		return nil, err
	}
	kube, err := client.NewWithWatch(config, client.Options{Scheme: types})
	if err != nil {
		return nil, err
	}
	arm, err := newBaseline(config, kube, port)
	if err != nil {
		return nil, err
	}
	return &bench{kube: kube, progress: progress, baseline: arm}, nil
}

// measure runs both arms in alternating order: ours, baseline, baseline, ours, and so on.
func (b *bench) measure(ctx context.Context, repeats int) (report, error) {
	var ours, theirs []time.Duration
	var phases []map[string]time.Duration
	var idle []memory
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
					return report{}, fmt.Errorf("baseline arm: %w", err)
				}
				theirs = append(theirs, took)
			} else {
				took, timeline, parts, err := b.create(ctx, fmt.Sprintf("bench-%d", round), round == repeats-1)
				if err != nil {
					return report{}, fmt.Errorf("our arm: %w", err)
				}
				ours, phases = append(ours, took), append(phases, timeline)
				if parts != nil {
					idle = parts
				}
			}
			fmt.Fprintf(b.progress, "… round %d of %d, %s: %.1f s in all\n", round+1, repeats, arm, time.Since(start).Seconds())
		}
	}
	return report{Create: compare(ours, theirs), Phases: summarise(phases), Memory: idle, Machine: machine()}, nil
}

// create makes a store by its object and measures until it is Ready, then removes it.
func (b *bench) create(ctx context.Context, name string, weigh bool) (took time.Duration, timeline map[string]time.Duration, parts []memory, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: v1alpha1.EngineMedusa}}
	store.Name = name
	start := time.Now()
	if err := b.kube.Create(ctx, store); err != nil {
		return 0, nil, nil, err
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
		if weigh {
			parts, err = b.weigh(ctx, ready.Status.Namespace)
		}
	}
	return took, timeline, parts, errors.Join(err, b.remove(ctx, name))
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
