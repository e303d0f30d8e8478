package progress

import (
	"fmt"
	"time"
)

// trust is how long the speed that was seen has to last before it counts as much as the one that was assumed.
const trust = time.Minute

// workload is how much of the work is done, in time of one processor, and how long that took.
type workload struct {
	total, done, elapsed time.Duration
	// running are the costs of the steps that run, with how long they have been running.
	running []runningCost
	// processors is how many work at the same time.
	processors int
}

type runningCost struct{ cost, elapsed time.Duration }

// left estimates how long the rest takes, from the costs of the steps and the speed seen so far.
func (w workload) left() time.Duration {
	assumed := float64(max(1, w.processors))
	done := w.done.Seconds()
	for _, step := range w.running {
		// A step that runs is never as good as done, however long it takes.
		share := step.elapsed.Seconds() * assumed / float64(len(w.running))
		done += min(share, 0.9*step.cost.Seconds())
	}
	speed := (done + assumed*trust.Seconds()) / (w.elapsed + trust).Seconds()
	return time.Duration(max(0, w.total.Seconds()-done) / speed * float64(time.Second))
}

// leftText rounds an estimate as people would. It is empty when the rest is not worth a word.
func leftText(left time.Duration) string {
	switch {
	case left < 10*time.Second:
		return ""
	case left < 50*time.Second:
		return fmt.Sprintf("about %d s left", int(left.Round(10*time.Second).Seconds()))
	default:
		return fmt.Sprintf("about %d min left", max(1, int(left.Round(time.Minute).Minutes())))
	}
}
