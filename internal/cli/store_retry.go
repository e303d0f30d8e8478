package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newStoreRetryCommand(s Streams, target *target) *cobra.Command {
	return query[apiclient.Store]{
		use: "retry", short: "Retry a store immediately",
		long: `Retry a store immediately. ShopFlow retries a failed store automatically, but waits longer after each failure; this skips
the wait. A healthy store is not changed.`,
		example: "  shopflow store retry my-shop",
		ask:     (*apiclient.Platform).Retry,
		show:    func(store apiclient.Store) string { return fmt.Sprintf("Retrying store %s\n", store.Name) },
	}.command(s, target)
}
