package gateway

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestEarlyAnswerEndsTheConnection lets a pod answer before it has read the body. The rest of the body must not be taken for
// another request.
func TestEarlyAnswerEndsTheConnection(t *testing.T) {
	for name, test := range map[string]struct {
		path   string
		length int
		closes bool
	}{
		"ReadAll":       {"/all", 2 << 20, false},
		"Unread":        {"/none", maxBody, true}, // More than the kernel keeps on the way to the pod.
		"UnknownHost":   {"", 64 << 10, true},
		"LargerThanMax": {"/all", maxBody + 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t, nil)
			if test.path != "" {
				g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/all" {
						_, _ = io.Copy(io.Discard, r.Body)
					}
					w.WriteHeader(http.StatusRequestEntityTooLarge)
				}))
			}
			conn, err := net.Dial("tcp", g.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			go func() {
				fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: demo.example.com\r\nContent-Length: %d\r\n\r\n", cmp.Or(test.path, "/"), test.length)
				_, _ = io.Copy(conn, repeated(int64(test.length)))
			}()
			reader := bufio.NewReader(conn)
			answer, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Close != test.closes {
				t.Errorf("the answer %s closes the connection: %v, want %v", answer.Status, answer.Close, test.closes)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			if !test.closes {
				return
			}
			if more, err := reader.ReadString('\n'); err == nil {
				t.Errorf("the rest of the body was answered, too: %q", more)
			}
		})
	}
}
