package node

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

// freePort returns a port of the loopback that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestPublishedPortReachesTheNode(t *testing.T) {
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	go answerAfterAll(target)
	port := freePort(t)
	ctx, cancel := context.WithCancel(t.Context())
	forwarder, err := listen(ctx, []Publication{{Port: port, NodePort: target.Addr().(*net.TCPAddr).Port}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); forwarder.serve(ctx, netip.MustParseAddr(loopback)) }()

	client, err := net.Dial("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(client, "question"); err != nil {
		t.Fatal(err)
	}
	// The answer comes only when the question has ended: a half-closed connection must stay open.
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(client)
	if err != nil || string(answer) != "answer to question" {
		t.Errorf("the answer is %q, %v", answer, err)
	}

	if _, err := listen(ctx, []Publication{{Port: port, NodePort: 1}}); err == nil {
		t.Error("a port that is taken was published again")
	}
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("the forwarder keeps running after its context has ended")
	}
}

func answerAfterAll(listener net.Listener) {
	connection, err := listener.Accept()
	if err != nil {
		return
	}
	defer connection.Close()
	question, err := io.ReadAll(bufio.NewReader(connection))
	if err == nil {
		_, _ = io.WriteString(connection, "answer to "+string(question))
	}
}
