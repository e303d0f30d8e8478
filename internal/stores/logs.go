package stores

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// labelComponent says which part of a store a pod is.
	labelComponent = "app.kubernetes.io/component"
	// MaxTail is how many old lines of each part can be had.
	MaxTail = 5000
	// maxLine bounds a line, in bytes; what is longer is cut.
	maxLine = 16 << 10
	// maxLog bounds a log that is not followed, in bytes for each part.
	maxLog = 4 << 20
	// lookAgain is after how long a followed part that ended is looked for again.
	lookAgain = time.Second
	// minSecret is the least length of what is kept out of logs: a shorter text would hide half of every line.
	minSecret = 6
	// maxSecret is more than the length of any secret.
	maxSecret = 1 << 10
)

// LogOptions says which lines are wanted.
type LogOptions struct {
	// Component is one part; empty means all.
	Component string
	// Follow goes on with what is written later.
	Follow bool
	// Tail is how many of the newest lines of each part come first.
	Tail int64
	// Previous asks for the run before the last start.
	Previous bool
	// Timestamps begins each line with its time.
	Timestamps bool
}

// Logs are the lines of a store's parts, ready to be copied. They never hold one of the store's secrets.
type Logs struct {
	service   *Service
	namespace string
	options   LogOptions
	pods      []corev1.Pod
	secrets   *strings.Replacer
}

// Logs finds the logs of the store. It reads nothing of them yet.
func (s *Service) Logs(ctx context.Context, viewer Viewer, name string, options LogOptions) (*Logs, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	notYet := &Error{Kind: NoLogs, Message: fmt.Sprintf("Nothing of store %s has been started yet; try again in a moment", name)}
	if store.Status.Namespace == "" {
		return nil, notYet
	}
	logs := &Logs{service: s, namespace: store.Status.Namespace, options: options}
	if logs.pods, err = logs.find(ctx); err != nil {
		return nil, err
	}
	if len(logs.pods) == 0 {
		if options.Component != "" {
			notYet.Message = fmt.Sprintf("Store %s has no part %q that was started", name, options.Component)
		}
		return nil, notYet
	}
	logs.secrets, err = s.secretsOf(ctx, store)
	return logs, err
}

// secretsOf returns what replaces the store's secrets. Without them no log is shown.
func (s *Service) secretsOf(ctx context.Context, store *v1alpha1.Store) (*strings.Replacer, error) {
	var secret corev1.Secret
	err := s.objects.Get(ctx, client.ObjectKey{Namespace: store.Status.Namespace, Name: credentialsSecret}, &secret)
	if apierrors.IsNotFound(err) {
		return strings.NewReplacer(), nil // Nothing has been started that could tell a secret.
	}
	if err != nil {
		return nil, translate(fmt.Errorf("read the secrets of store %s: %w", store.Name, err))
	}
	var pairs []string
	for key, value := range secret.Data {
		shown := key == v1alpha1.KeyAdminEmail || key == v1alpha1.KeyPublishableKey
		if !shown && len(value) >= minSecret {
			pairs = append(pairs, string(value), "[secret]")
		}
	}
	return strings.NewReplacer(pairs...), nil
}

// find returns the pods that are wanted, one part after the other.
func (l *Logs) find(ctx context.Context) ([]corev1.Pod, error) {
	var list corev1.PodList
	if err := l.service.objects.List(ctx, &list, client.InNamespace(l.namespace)); err != nil {
		return nil, translate(fmt.Errorf("list pods: %w", err))
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool {
		return componentOf(&pod) == "" || (l.options.Component != "" && componentOf(&pod) != l.options.Component) || pod.Status.StartTime == nil
	})
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(cmp.Compare(componentOf(&a), componentOf(&b)), a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return pods, nil
}

func componentOf(pod *corev1.Pod) string { return pod.Labels[labelComponent] }

// Copy writes the lines with write, which is called with whole lines and by one goroutine at a time, until there are no more or,
// followed, until the context is done or the store is gone.
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
	if !l.options.Follow {
		for i := range l.pods {
			if err := l.copyPod(ctx, &l.pods[i], nil, locked); err != nil {
				return err
			}
		}
		return nil
	}
	return l.follow(ctx, locked)
}

// follow copies every pod there is and every one that comes, until the context or the store ends.
func (l *Logs) follow(ctx context.Context, write func([]byte) error) error {
	var readers sync.WaitGroup
	defer readers.Wait()
	ends := make(chan string)
	following, since := map[string]bool{}, map[string]*metav1.Time{}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	pods := l.pods
	for {
		for i := range pods {
			pod := &pods[i]
			name := pod.Name
			if following[name] || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed && since[name] != nil {
				continue
			}
			following[name] = true
			from := since[name]
			readers.Go(func() {
				_ = l.copyPod(ctx, pod, from, write) // It is looked for again, or the reader is gone.
				select {
				case ends <- name:
				case <-ctx.Done():
				}
			})
		}
		for waiting := true; waiting; {
			select {
			case name := <-ends:
				now := metav1.NewTime(l.service.platform.Clock.Now())
				following[name], since[name] = false, &now
			case <-again.C:
				waiting = false
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		found, err := l.find(ctx)
		if err != nil && !IsKind(err, Unavailable) {
			return err
		}
		if err == nil && len(found) == 0 && len(pods) == 0 {
			return nil
		}
		if err == nil {
			pods = found
		}
	}
}

// copyPod copies the lines of a pod, from a moment on if one is given.
func (l *Logs) copyPod(ctx context.Context, pod *corev1.Pod, since *metav1.Time, write func([]byte) error) error {
	options := &corev1.PodLogOptions{Follow: l.options.Follow, Previous: l.options.Previous, Timestamps: l.options.Timestamps}
	if since != nil {
		options.SinceTime = since
	} else {
		options.TailLines = new(min(l.options.Tail, MaxTail))
	}
	if !l.options.Follow {
		options.LimitBytes = new(int64(maxLog))
	}
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		options.Container = container.Name
		stream, err := l.service.platform.OpenLog(ctx, l.namespace, pod.Name, options)
		if apierrors.IsBadRequest(err) || apierrors.IsNotFound(err) {
			continue // The container has not been started yet, never ran before, or is gone.
		}
		if err != nil {
			return translate(fmt.Errorf("read the log of %s: %w", pod.Name, err))
		}
		err = l.copyLines(stream, componentOf(pod), write)
		_ = stream.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// copyLines copies whole lines, cut to their bound, without secrets.
func (l *Logs) copyLines(stream io.Reader, component string, write func([]byte) error) error {
	reader := bufio.NewReaderSize(stream, maxLine)
	prefix := ""
	if l.options.Component == "" {
		prefix = "[" + component + "] "
	}
	cut := false
	for {
		line, err := reader.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if len(line) > 0 && !cut {
			if long {
				line = line[:maxLine-maxSecret] // Half a secret would not be known as one.
			}
			text := l.secrets.Replace(string(bytes.TrimRight(line, "\r\n")))
			if err := write([]byte(prefix + text + "\n")); err != nil {
				return err
			}
		}
		cut = long
		if err != nil && !long {
			return nil // The end, or the reader is gone: nobody is left to tell.
		}
	}
}
