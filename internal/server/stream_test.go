package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// endlessLog is a container's log that is never written to and never ends.
func endlessLog(ctx context.Context, _, _ string, _ *corev1.PodLogOptions) (io.ReadCloser, error) {
	reader, writer := io.Pipe()
	context.AfterFunc(ctx, func() { _ = writer.Close() })
	return reader, nil
}

// readStream begins to read a stream and returns what is closed when it ends.
func readStream(t *testing.T, platform *servertest.Platform, path, token string) <-chan struct{} {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, platform.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, answer.Status)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, answer.Body)
	}()
	t.Cleanup(func() {
		cancel()
		_ = answer.Body.Close()
		<-ended
	})
	return ended
}

// TestStreamsEndWithTheRight revokes the rights of a reader of all stores and of another account's log.
func TestStreamsEndWithTheRight(t *testing.T) {
	merchant, disabled := auth.Merchant, true
	for name, test := range map[string]struct {
		role auth.Role
		take func(ctx context.Context, accounts *auth.Service, user auth.User, token auth.Token) error
	}{
		"Revoked": {auth.Admin, func(ctx context.Context, accounts *auth.Service, user auth.User, token auth.Token) error {
			_, err := accounts.RevokeToken(ctx, auth.Principal{User: user}, token.ID)
			return err
		}},
		"Disabled": {auth.Admin, func(ctx context.Context, accounts *auth.Service, user auth.User, _ auth.Token) error {
			_, err := accounts.UpdateUser(ctx, user.ID, auth.Changes{Disabled: &disabled})
			return err
		}},
		"NoAdministrator": {auth.Admin, func(ctx context.Context, accounts *auth.Service, user auth.User, _ auth.Token) error {
			_, err := accounts.UpdateUser(ctx, user.ID, auth.Changes{Role: &merchant})
			return err
		}},
		"Deleted": {auth.Admin, func(ctx context.Context, accounts *auth.Service, user auth.User, _ auth.Token) error {
			return accounts.DeleteUser(ctx, user.ID)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			options := running()
			options.Reauthorize, options.OpenLog = 20*time.Millisecond, endlessLog
			platform := servertest.New(t, options)
			platform.User(t, "another@example.com", auth.Admin)
			user := platform.User(t, "eve@example.com", test.role)
			secret := platform.UserToken(t, user, auth.StoresRead, auth.Administer)
			tokens, err := platform.Accounts.Tokens(t.Context(), auth.Principal{User: user})
			if err != nil || len(tokens) != 1 {
				t.Fatalf("%d tokens: %v", len(tokens), err)
			}
			streams := map[string]<-chan struct{}{}
			for _, path := range []string{"/api/v1/events", "/api/v1/stores/a/logs?follow=true"} {
				streams[path] = readStream(t, platform, path, secret)
			}
			for path, ended := range streams {
				select {
				case <-ended:
					t.Fatalf("%s ended before", path)
				case <-time.After(100 * time.Millisecond):
				}
			}
			if err := test.take(t.Context(), platform.Accounts, user, tokens[0]); err != nil {
				t.Fatal(err)
			}
			for path, ended := range streams {
				select {
				case <-ended:
				case <-time.After(10 * time.Second):
					t.Errorf("%s continues", path)
				}
			}
		})
	}
}

func TestFollowedLogEndsWithTheServer(t *testing.T) {
	stopping := make(chan struct{})
	options := running()
	options.OpenLog, options.Stopping = endlessLog, stopping
	ended := readStream(t, servertest.New(t, options), "/api/v1/stores/a/logs?follow=true", servertest.Token)
	close(stopping)
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("it continues")
	}
}

// TestStreamsOfAUser opens more streams than one user may have: others are not hindered.
func TestStreamsOfAUser(t *testing.T) {
	options := running()
	options.OpenLog = endlessLog
	platform := servertest.New(t, options)
	for range 32 {
		readStream(t, platform, "/api/v1/events", servertest.Token)
		readStream(t, platform, "/api/v1/stores/a/logs?follow=true", servertest.Token)
	}
	for _, path := range []string{"/api/v1/events", "/api/v1/stores/a/logs?follow=true"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, platform.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+servertest.Token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body) // What there is of it says enough.
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "too_many_streams") {
			t.Errorf("%s: %s %s", path, answer.Status, body)
		}
	}
	boss := platform.User(t, "boss@example.com", auth.Admin)
	readStream(t, platform, "/api/v1/events", platform.UserToken(t, boss, auth.StoresRead, auth.Administer))
}

// TestStreamIsOfOwnStores changes stores of two merchants while one of them reads, from the beginning or from a moment before.
func TestStreamIsOfOwnStores(t *testing.T) {
	a := newAccess(t)
	all := open(t, a.platform, "", "")
	for all.lastID == "" {
		all.next(t)
	}
	for name, lastID := range map[string]string{"New": "", "Resumed": all.lastID} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.platform.URL+"/api/v1/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+a.platform.UserToken(t, a.bob, auth.StoresRead))
			r.Header.Set("Last-Event-ID", lastID)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = answer.Body.Close() }()
			for _, store := range []string{"hers", "his"} {
				owner := map[string]string{"hers": a.ann.ID, "his": a.bob.ID}[store]
				made := aStore(store+strings.ToLower(name), nil)
				made.Spec.Owner = owner
				if err := a.platform.Objects.Create(t.Context(), made); err != nil {
					t.Fatal(err)
				}
			}
			for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
				if strings.Contains(lines.Text(), `"hers`) {
					t.Fatalf("another account's store: %s", lines.Text())
				}
				if strings.Contains(lines.Text(), `"his`+strings.ToLower(name)) {
					return
				}
			}
			t.Error("the own store never came")
		})
	}
}

// TestLogThatCannotBeRead answers with the error as long as it can, and else breaks off.
func TestLogThatCannotBeRead(t *testing.T) {
	options := running()
	options.OpenLog = func(context.Context, string, string, *corev1.PodLogOptions) (io.ReadCloser, error) {
		return nil, errors.New("the kubelet does not answer")
	}
	request{reason: "says so", options: options, path: "/api/v1/stores/a/logs", status: http.StatusInternalServerError, code: "internal"}.check(t)

	first := true
	options.OpenLog = func(context.Context, string, string, *corev1.PodLogOptions) (io.ReadCloser, error) {
		if !first {
			return nil, errors.New("the kubelet does not answer any more")
		}
		first = false
		return io.NopCloser(strings.NewReader("one\n")), nil
	}
	platform := servertest.New(t, options)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, platform.URL+"/api/v1/stores/a/logs", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+servertest.Token)
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		_, err = io.ReadAll(answer.Body)
		_ = answer.Body.Close()
	}
	if err == nil {
		t.Error("half of the logs look like all of them")
	}
}
