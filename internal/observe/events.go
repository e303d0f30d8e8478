package observe

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/internal/stores"
)

// maxEvents bounds how many events are returned.
const maxEvents = 500

// Event is an event that Kubernetes reported about an object of a store.
type Event struct {
	At                            time.Time
	Type, Reason, Message, Object string
	Count                         int
}

// Events returns what Kubernetes reported about the store, the newest first.
func (o *Observer) Events(ctx context.Context, viewer stores.Viewer, name string) ([]Event, error) {
	store, err := o.finder.Get(ctx, viewer, name)
	if err != nil || store.Status.Namespace == "" {
		return nil, err
	}
	var list corev1.EventList
	if err := o.objects.List(ctx, &list, client.InNamespace(store.Status.Namespace)); err != nil {
		return nil, stores.FromKubernetes(fmt.Errorf("list events of store %s: %w", name, err))
	}
	events := make([]Event, 0, len(list.Items))
	for i := range list.Items {
		events = append(events, eventOf(&list.Items[i]))
	}
	slices.SortStableFunc(events, func(a, b Event) int { return b.At.Compare(a.At) })
	return events[:min(len(events), maxEvents)], nil
}

// eventOf reads an event from the fields that its reporter set: they differ by the version of the API.
func eventOf(event *corev1.Event) Event {
	found := Event{
		At: event.EventTime.Time, Type: event.Type, Reason: event.Reason, Message: event.Message, Count: max(1, int(event.Count)),
		Object: event.InvolvedObject.Kind + "/" + event.InvolvedObject.Name,
	}
	switch {
	case event.Series != nil:
		found.At, found.Count = event.Series.LastObservedTime.Time, int(event.Series.Count)
	case !event.LastTimestamp.IsZero():
		found.At = event.LastTimestamp.Time
	case found.At.IsZero():
		found.At = event.CreationTimestamp.Time
	}
	return found
}
