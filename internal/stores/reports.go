package stores

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// maxReports bounds how many events are shown.
const maxReports = 500

// Report is something that Kubernetes said about a store.
type Report struct {
	At                            time.Time
	Type, Reason, Message, Object string
	Count                         int
}

// Reports returns what Kubernetes said about the store, the newest first.
func (s *Service) Reports(ctx context.Context, viewer Viewer, name string) ([]Report, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil || store.Status.Namespace == "" {
		return nil, err
	}
	var list corev1.EventList
	if err := s.objects.List(ctx, &list, client.InNamespace(store.Status.Namespace)); err != nil {
		return nil, translate(fmt.Errorf("list events of store %s: %w", name, err))
	}
	reports := make([]Report, 0, len(list.Items))
	for i := range list.Items {
		reports = append(reports, reportOf(&list.Items[i]))
	}
	slices.SortStableFunc(reports, func(a, b Report) int { return b.At.Compare(a.At) })
	return reports[:min(len(reports), maxReports)], nil
}

// reportOf reads an event by whichever of its fields the reporter filled in.
func reportOf(event *corev1.Event) Report {
	report := Report{
		At: event.EventTime.Time, Type: event.Type, Reason: event.Reason, Message: event.Message, Count: max(1, int(event.Count)),
		Object: event.InvolvedObject.Kind + "/" + event.InvolvedObject.Name,
	}
	switch {
	case event.Series != nil:
		report.At, report.Count = event.Series.LastObservedTime.Time, int(event.Series.Count)
	case !event.LastTimestamp.IsZero():
		report.At = event.LastTimestamp.Time
	case report.At.IsZero():
		report.At = event.CreationTimestamp.Time
	}
	return report
}
