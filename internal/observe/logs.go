package observe

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/redact"
	"shopflow.dev/shopflow/internal/stores"
)

const (
	// MaxTail is the largest LogOptions.Tail.
	MaxTail = 5000
	// maxLine bounds a line, in bytes; a longer one is cut.
	maxLine = 16 << 10
	// maxLog bounds a log that is not followed, in bytes per container.
	maxLog = 4 << 20
)

// LogOptions says which lines to read.
type LogOptions struct {
	// Component is one component; empty means all.
	Component string
	// Follow continues with lines that are written later.
	Follow bool
	// Tail is how many of the newest lines of each container come first.
	Tail int64
	// Previous asks for the lines before the last restart.
	Previous bool
	// Timestamps begins each line with its time.
	Timestamps bool
}

// Logs are the lines of a store's components, ready to be copied. They never contain one of the store's secrets.
type Logs struct {
	observer *Observer
	store    types.NamespacedName // its namespace is where it runs
	options  LogOptions
	pods     []corev1.Pod
	secrets  redact.Secrets
}

// Logs finds the logs of the store. It reads nothing of them yet.
func (o *Observer) Logs(ctx context.Context, viewer stores.Viewer, name string, options LogOptions) (*Logs, error) {
	store, err := o.finder.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	notStarted := problem.Errorf(problem.LogsNotReady, "Store %s has not started yet; try again in a moment", name)
	if store.Status.Namespace == "" {
		return nil, notStarted
	}
	logs := &Logs{observer: o, store: types.NamespacedName{Namespace: store.Status.Namespace, Name: name}, options: options}
	if logs.pods, err = logs.find(ctx); err != nil {
		return nil, err
	}
	switch {
	case len(logs.pods) > 0:
	case options.Component != "":
		return nil, problem.Errorf(problem.LogsNotReady, "Store %s has no component %q that has started", name, options.Component)
	default:
		return nil, notStarted
	}
	logs.secrets, err = o.secretsOf(ctx, store)
	return logs, err
}

// secretsOf returns the store's secrets. Without them no log may be shown.
func (o *Observer) secretsOf(ctx context.Context, store *v1alpha1.Store) (redact.Secrets, error) {
	var secret corev1.Secret
	err := o.objects.Get(ctx, client.ObjectKey{Namespace: store.Status.Namespace, Name: v1alpha1.CredentialsSecret}, &secret)
	if apierrors.IsNotFound(err) {
		return redact.Secrets{}, nil // Nothing has started that could write a secret.
	}
	if err != nil {
		return redact.Secrets{}, stores.FromKubernetes(fmt.Errorf("read the secrets of store %s: %w", store.Name, err))
	}
	return redact.New(secret.Data), nil
}

// find returns the pods of the requested components, one component after the other.
func (l *Logs) find(ctx context.Context) ([]corev1.Pod, error) {
	var list corev1.PodList
	if err := l.observer.objects.List(ctx, &list, client.InNamespace(l.store.Namespace)); err != nil {
		return nil, stores.FromKubernetes(fmt.Errorf("list pods: %w", err))
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool {
		return componentOf(&pod) == "" || (l.options.Component != "" && componentOf(&pod) != l.options.Component) || pod.Status.StartTime == nil
	})
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(cmp.Compare(componentOf(&a), componentOf(&b)), a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return pods, nil
}

func componentOf(pod *corev1.Pod) string { return pod.Labels[v1alpha1.LabelComponent] }

// Copy calls write with whole lines, from one goroutine at a time. It returns after the last line or, if the logs are followed, when the
// context is done or the store is gone.
func (l *Logs) Copy(ctx context.Context, write func(lines []byte) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	locked := func(line []byte) error {
		mu.Lock()
		defer mu.Unlock()
		err := write(line)
		if err != nil {
			cancel(err)
		}
		return err
	}
	if l.options.Follow {
		return l.follow(ctx, locked)
	}
	for i := range l.pods {
		for _, source := range sourcesOf(&l.pods[i]) {
			if err := l.read(ctx, source, locked); err != nil {
				return err
			}
		}
	}
	return nil
}

// source is a container whose lines are read.
type source struct {
	pod       *corev1.Pod
	container string
}

func (s source) key() string { return s.pod.Name + "/" + s.container }

// sourcesOf returns the pod's containers, in the order in which they start.
func sourcesOf(pod *corev1.Pod) []source {
	var sources []source
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		sources = append(sources, source{pod, container.Name})
	}
	return sources
}

// read copies a container's log as it is now.
func (l *Logs) read(ctx context.Context, source source, write func([]byte) error) error {
	stream, err := l.open(ctx, source, &corev1.PodLogOptions{
		Previous: l.options.Previous, Timestamps: l.options.Timestamps, TailLines: new(min(l.options.Tail, MaxTail)), LimitBytes: new(int64(maxLog)),
	})
	if stream == nil || err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // Everything was read.
	return l.eachLine(stream, func(text string) error { return write([]byte(l.prefix(source) + text + "\n")) })
}

// open opens a container's log; nil if it has none: the container has not started, never restarted, or is gone.
func (l *Logs) open(ctx context.Context, source source, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	options.Container = source.container
	stream, err := l.observer.cluster.OpenLog(ctx, l.store.Namespace, source.pod.Name, options)
	if apierrors.IsBadRequest(err) || apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, stores.FromKubernetes(fmt.Errorf("read the log of %s: %w", source.pod.Name, err))
	}
	return stream, nil
}

// prefix names the component of a line where the logs are of several components.
func (l *Logs) prefix(source source) string {
	if l.options.Component != "" {
		return ""
	}
	return "[" + componentOf(source.pod) + "] "
}

// eachLine calls take with each line, cut to its bound and without secrets.
func (l *Logs) eachLine(stream io.Reader, take func(text string) error) error {
	reader := bufio.NewReaderSize(stream, maxLine+redact.Longest)
	cut := false
	for {
		line, err := reader.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if len(line) > 0 && !cut {
			text := string(bytes.TrimRight(line, "\r\n"))
			if long {
				text = l.secrets.Cut(text)
			} else {
				text = l.secrets.From(text)
			}
			if err := take(text); err != nil {
				return err
			}
		}
		cut = long
		if err != nil && !long {
			return nil // The end, or the connection is lost, which is the end as well.
		}
	}
}
