package diagnose

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// killedAround is how far apart a kubelet's event about ending a container and the container's end may be.
const killedAround = 2 * time.Minute

var (
	// errorLine matches lines of a log that say what went wrong.
	errorLine = regexp.MustCompile(`(?i)\b(errors?|fatal|panic|\w*exception|fail(s|ed|ure)?|cannot|can't|could not|unable|refused|denied|invalid|missing|` +
		`not found|no such|there is no|already exists|unknown|unexpected|time(d)?[ -]?out|segmentation fault|corrupt\w*)\b`)
	// killedByProbe is what a kubelet says when it ends a container.
	killedByProbe = regexp.MustCompile(`^Container (\S+) failed (\w+) probe`)
)

// ending says how a container ended: with an exit code, by a signal, or by the kubelet because it failed a probe. It quotes the container's
// log only where that has an error, and the container has ended of its own accord.
func ending(s Symptoms, pod corev1.Pod, status corev1.ContainerStatus, exit *corev1.ContainerStateTerminated) string {
	who := fmt.Sprintf("Container %s of %s", status.Name, component(pod))
	count := restarts(status.RestartCount)
	if probe, says := killer(s, pod, status, exit); probe != "" {
		return fmt.Sprintf("%s was ended by the kubelet because it failed its %s probe (%s)%s", who, probe, count, says)
	}
	if signal := signalOf(exit); signal != "" {
		return fmt.Sprintf("%s was ended by signal %s, exit code %d (%s)", who, signal, exit.ExitCode, count)
	}
	return fmt.Sprintf("%s exited with exit code %d (%s)%s", who, exit.ExitCode, count, quoteError(exit))
}

// killer returns the probe for which the kubelet has ended a container, and what the probe said last; empty if it has not.
func killer(s Symptoms, pod corev1.Pod, status corev1.ContainerStatus, exit *corev1.ContainerStateTerminated) (probe, says string) {
	killed, ok := latest(s.Events, "Pod", pod.Name, "Killing")
	match := killedByProbe.FindStringSubmatch(killed.Message)
	if !ok || match == nil || match[1] != status.Name || lastSeen(killed).Sub(exit.FinishedAt.Time).Abs() > killedAround {
		return "", ""
	}
	failed, ok := latest(s.Events, "Pod", pod.Name, "Unhealthy")
	if !ok || !strings.HasPrefix(strings.ToLower(failed.Message), match[2]) {
		return match[2], ""
	}
	times := max(1, failed.Count)
	if failed.Series != nil {
		times = failed.Series.Count
	}
	return match[2], fmt.Sprintf(": %s (%d times)", brief(failed.Message), times)
}

// signalOf names the signal that ended a container, empty if it has exited. A shell's and runc's exit code for it is 128 more than its number.
func signalOf(exit *corev1.ContainerStateTerminated) string {
	number := exit.Signal
	if number == 0 && exit.ExitCode > 128 {
		number = exit.ExitCode - 128
	}
	if number == 0 {
		return ""
	}
	return unix.SignalName(unix.Signal(number))
}

// exitLink says how a container last exited.
func exitLink(status corev1.ContainerStatus, exit *corev1.ContainerStateTerminated) Link {
	return Link{"Container", status.Name, brief(fmt.Sprintf("%s, exit code %d%s", exit.Reason, exit.ExitCode, quoteError(exit)))}
}

// quoteError returns a colon and the last line of a container's log that says what went wrong, empty if there is none. Charts make the last
// lines of a log the container's termination message.
func quoteError(exit *corev1.ContainerStateTerminated) string {
	for _, line := range slices.Backward(strings.Split(strings.TrimSpace(exit.Message), "\n")) {
		if line = spoken(strings.TrimSpace(line)); errorLine.MatchString(line) {
			return ": " + brief(line)
		}
	}
	return ""
}

// spoken returns the message of a line that is a JSON object, and other lines as they are.
func spoken(line string) string {
	var entry struct{ Message, Msg string }
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &entry) != nil {
		return line
	}
	return cmp.Or(entry.Message, entry.Msg, line)
}
