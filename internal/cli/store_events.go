package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newStoreEventsCommand(s Streams, target *target) *cobra.Command {
	return query[apiclient.StoreEventList]{
		use: "events", short: "Show what Kubernetes reported about a store in the last hour, newest first",
		example: "  shopflow store events my-shop\n  shopflow store events my-shop -o json | jq -r '.items[].message'",
		ask:     (*apiclient.Platform).Events, show: describeEvents,
		notes: func(list apiclient.StoreEventList) []string {
			if len(list.Items) == 0 {
				return []string{"Nothing was reported in the last hour."}
			}
			return nil
		},
	}.command(s, target)
}

func describeEvents(list apiclient.StoreEventList) string {
	return columns(func(line func(cells ...string)) {
		line("AGE", "TYPE", "REASON", "OBJECT", "MESSAGE")
		for _, event := range list.Items {
			message := event.Message
			if event.Count > 1 {
				message += fmt.Sprintf(" (%d times)", event.Count)
			}
			line(age(time.Since(event.At)), string(event.Type), event.Reason, event.Object, message)
		}
	})
}
