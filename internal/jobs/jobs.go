// Package jobs runs the server's background work. All servers of a platform share one database: the server that holds its advisory
// lock leads and runs the jobs, so that each job runs once. Which jobs a server has is said in internal/cli/server_jobs.go.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// stopTimeout is how long a run may take to stop after its context has ended.
const stopTimeout = 5 * time.Second

// Job is work that is repeated.
type Job struct {
	// Name identifies the job in the log.
	Name string
	// Every is the time from the end of a run to the start of the next one. The first run starts when the server begins to lead.
	Every time.Duration
	// Timeout bounds a run.
	Timeout time.Duration
	// Run does the work. It must be idempotent: when the lead changes, two servers may run it at once for a moment.
	Run func(ctx context.Context) error
}

// Runner runs jobs while its server leads.
type Runner struct {
	jobs   []Job
	leader leader
	log    *slog.Logger

	stopTimeout time.Duration
}

// New returns a runner of the jobs. The runner opens a connection of its own to the database, for as long as it runs.
func New(database *pgx.ConnConfig, log *slog.Logger, jobs ...Job) (*Runner, error) {
	if err := validate(jobs); err != nil {
		return nil, err
	}
	return &Runner{jobs: jobs, leader: newLeader(database, log), log: log, stopTimeout: stopTimeout}, nil
}

func validate(jobs []Job) error {
	names := map[string]bool{}
	for _, job := range jobs {
		if job.Name == "" || job.Every <= 0 || job.Timeout <= 0 || job.Run == nil {
			return fmt.Errorf("background job %q needs a name, an interval, a timeout and work", job.Name)
		}
		if names[job.Name] {
			return fmt.Errorf("background job %q exists twice", job.Name)
		}
		names[job.Name] = true
	}
	return nil
}

// Run runs the jobs whenever this server leads, until the context is done. It survives a database that is unavailable.
func (r *Runner) Run(ctx context.Context) error {
	r.leader.run(ctx, r.lead)
	return nil
}

// lead repeats every job until the context is done.
func (r *Runner) lead(ctx context.Context) {
	var running sync.WaitGroup
	for _, job := range r.jobs {
		running.Go(func() { r.repeat(ctx, job) })
	}
	running.Wait()
}

func (r *Runner) repeat(ctx context.Context, job Job) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		r.run(ctx, job)
		timer.Reset(job.Every)
	}
}

// run runs the job once. A run that does not stop in time is reported and, since a second one beside it could do harm, waited for as
// long as the server leads.
func (r *Runner) run(leading context.Context, job Job) {
	ctx, cancel := context.WithTimeout(leading, job.Timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- recovered(ctx, job) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		timer := time.NewTimer(r.stopTimeout)
		defer timer.Stop()
		select {
		case err = <-done:
		case <-timer.C:
			r.log.ErrorContext(ctx, "background job does not stop", "job", job.Name, "timeout", job.Timeout)
			select {
			case err = <-done:
			case <-leading.Done():
				return
			}
		}
	}
	if err != nil && leading.Err() == nil {
		r.log.ErrorContext(ctx, "background job failed", "job", job.Name, "error", err)
	}
}

// recovered runs the job and turns a panic into an error.
func recovered(ctx context.Context, job Job) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return job.Run(ctx)
}
