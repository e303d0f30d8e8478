package process

import (
	"context"
	"os/exec"
	"runtime"
)

// Thread starts commands from one operating-system thread that lives as long as its context. It has two uses: the kernel ties the death
// signal of a child to the thread that started it, not to the whole process; and a thread can live in namespaces of its own.
type Thread struct {
	requests chan request
	done     chan struct{}
}

type request struct {
	do     func() error
	result chan error
}

// NewThread starts the thread.
func NewThread(ctx context.Context) *Thread {
	thread := &Thread{requests: make(chan request), done: make(chan struct{})}
	go thread.serve(ctx)
	return thread
}

func (t *Thread) serve(ctx context.Context) {
	// Never unlocked: a thread that was moved to other namespaces must not be used for anything else.
	runtime.LockOSThread()
	defer close(t.done)
	for {
		select {
		case <-ctx.Done():
			return
		case request := <-t.requests:
			request.result <- request.do()
		}
	}
}

// Do runs a function on the thread and returns its error.
func (t *Thread) Do(do func() error) error {
	request := request{do: do, result: make(chan error, 1)}
	select {
	case t.requests <- request:
		return <-request.result
	case <-t.done:
		return context.Canceled
	}
}

// Start starts the command on the thread.
func (t *Thread) Start(cmd *exec.Cmd) error { return t.Do(cmd.Start) }
