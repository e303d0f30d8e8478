package problem_test

import (
	"errors"
	"fmt"
	"testing"

	"shopflow.dev/shopflow/internal/problem"
)

func TestError(t *testing.T) {
	cause := errors.New("connection refused")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"Message": {problem.Errorf(problem.StoreDeleting, "Store %s is being deleted", "demo"), "Store demo is being deleted"},
		"Fields": {
			problem.Fields{{Name: "name", Message: "Too long"}, {Name: "plan", Message: "Unknown"}}.Err(),
			"The request is invalid; name: Too long; plan: Unknown",
		},
		"Cause": {&problem.Error{Kind: problem.Unavailable, Message: "Kubernetes does not answer", Err: cause}, "Kubernetes does not answer: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.err.Error(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if !errors.Is(&problem.Error{Err: cause}, cause) {
		t.Error("the cause is lost")
	}
}

func TestIsKind(t *testing.T) {
	wrapped := fmt.Errorf("create the store: %w", problem.Errorf(problem.StoreConflict, "This name is taken"))
	for name, test := range map[string]struct {
		err  error
		kind problem.Kind
		want bool
	}{
		"Wrapped":  {wrapped, problem.StoreConflict, true},
		"Other":    {wrapped, problem.StoreNotFound, false},
		"NotKnown": {errors.New("x"), problem.Internal, false},
		"None":     {nil, problem.Internal, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := problem.IsKind(test.err, test.kind); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestFields(t *testing.T) {
	var fields problem.Fields
	fields.Add("name", "")
	if err := fields.Err(); err != nil {
		t.Errorf("got %v, want every field accepted", err)
	}
	fields.Add("name", "Too long")
	if err := fields.Err(); !problem.IsKind(err, problem.Invalid) {
		t.Errorf("got %v, want it refused", err)
	}
}
