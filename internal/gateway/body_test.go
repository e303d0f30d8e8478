package gateway

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"
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
			conn := g.dial(t)
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

// TestBodiesThatTheClientBreaks sends what no HTTP client sends. It is the client's error and not the shop's, and the answer
// says nothing about the way to the pod.
func TestBodiesThatTheClientBreaks(t *testing.T) {
	const chunked = "POST / HTTP/1.1\r\nHost: demo.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
	const sized = "POST / HTTP/1.1\r\nHost: demo.example.com\r\nContent-Length: 10\r\n\r\n"
	cases := map[string]struct {
		request string
		status  int
	}{
		"SizeIsNoNumber":     {chunked + "xyz\r\nhello\r\n0\r\n\r\n", http.StatusBadRequest},
		"SizeIsTooLarge":     {chunked + "fffffffffffffffff\r\nhello", http.StatusBadRequest},
		"ChunkIsTooLong":     {chunked + "5\r\nhello world\r\n0\r\n\r\n", http.StatusBadRequest},
		"SecondIsBroken":     {chunked + "5\r\nhello\r\n-1\r\n", http.StatusBadRequest},
		"BadTrailer":         {chunked + "5\r\nhello\r\n0\r\nno colon\r\n\r\n", http.StatusBadRequest},
		"StallsBeforeChunk":  {chunked, http.StatusRequestTimeout},
		"StallsInChunk":      {chunked + "a\r\nhello", http.StatusRequestTimeout},
		"StallsInSized":      {sized + "hello", http.StatusRequestTimeout},
		"StallsBeforeAnyOf":  {sized, http.StatusRequestTimeout},
		"UnknownHostIsFirst": {strings.Replace(sized, "demo", "unknown", 1), http.StatusNotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t, func(s *server) { s.bodyStall = 100 * time.Millisecond })
			pod := backend(t, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err == nil {
					w.WriteHeader(http.StatusOK)
				}
			})
			g.route("demo.example.com", pod)
			conn := g.dial(t)
			fmt.Fprint(conn, c.request)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			page, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != c.status || !response.Close {
				t.Errorf("%s, closes: %v; want %d and a close", response.Status, response.Close, c.status)
			}
			if strings.Contains(string(page), "127.0.0.1") || strings.Contains(string(page), "127.91") {
				t.Errorf("the page names an address: %s", page)
			}
		})
	}
}

// TestSlowBodyThatArrives sends a body more slowly than a stall, but steadily, to a pod that then takes its time.
func TestSlowBodyThatArrives(t *testing.T) {
	const parts, stall = 5, 200 * time.Millisecond
	g := startGateway(t, func(s *server) { s.bodyStall = stall })
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		select {
		case <-time.After(2 * stall):
			_, _ = w.Write(body)
		case <-r.Context().Done():
		}
	}))
	reader, writer := io.Pipe()
	go func() {
		ticker := time.NewTicker(stall / 2)
		defer ticker.Stop()
		for range parts {
			<-ticker.C
			_, _ = writer.Write([]byte("part "))
		}
		writer.Close()
	}()
	response, err := g.client.Post("http://demo.example.com/", "text/plain", reader)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); string(body) != strings.Repeat("part ", parts) {
		t.Errorf("%s: %q", response.Status, body)
	}
}

func TestBodyDeadline(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		after    time.Duration
		received int64
		want     time.Duration
	}{
		"Begin":       {0, 0, bodyStall},
		"Progress":    {40 * time.Second, 10 << 20, 40*time.Second + bodyStall},
		"Trickle":     {50 * time.Second, 50, bodyGrace},
		"JustEnough":  {90 * time.Second, 90 << 10, 90*time.Second + bodyStall},
		"NotEnough":   {2 * time.Minute, 70 << 10, bodyGrace + 70*time.Second},
		"LongUploads": {time.Hour, 60 << 20, time.Hour + bodyStall},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := bodyDeadline(start, start.Add(c.after), c.received, bodyStall).Sub(start); got != c.want {
				t.Errorf("deadline after %s, want %s", got, c.want)
			}
		})
	}
}
