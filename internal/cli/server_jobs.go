package cli

import (
	"context"
	"time"

	"shopflow.dev/shopflow/internal/jobs"
)

const (
	// cleanupInterval is how often what has expired is deleted. Expired entries are refused before that, too: deleting them only saves space.
	cleanupInterval = time.Hour
	cleanupTimeout  = time.Minute
)

// jobs are the server's background jobs.
func (a *accounts) jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "delete expired credentials", Every: cleanupInterval, Timeout: cleanupTimeout, Run: a.service.DeleteExpired},
		{Name: "delete expired audit entries", Every: cleanupInterval, Timeout: cleanupTimeout, Run: func(ctx context.Context) error {
			return a.log.DeleteExpired(ctx, time.Now())
		}},
	}
}
