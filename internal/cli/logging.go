package cli

import (
	"log/slog"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// logLibraries says where the Kubernetes libraries log. Processes of the platform log everything; a command that a person runs
// reports what fails as its own error, and has no use for the lines of a watch that ended.
func logLibraries(handler slog.Handler) {
	klog.SetSlogLogger(slog.New(handler))
	log.SetLogger(logr.FromSlogHandler(handler))
}
