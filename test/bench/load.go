package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// load is what a round of load has measured.
type load struct {
	Requests int     `json:"requests"`
	Rate     float64 `json:"requestsPerSecond"`
	P50      float64 `json:"p50Milliseconds"`
	P99      float64 `json:"p99Milliseconds"`
	CPU      float64 `json:"cpuMicrosecondsPerRequest"`
}

// generate lets connections to an address send requests for a URL, one after another, for a time. It parses no more of a
// response than it must: what it costs itself is taken from what it measures, as both share the machine.
func generate(ctx context.Context, address, target string, connections int, duration time.Duration) (load, error) {
	parsed, err := url.Parse(target)
	if err != nil {
		return load{}, err
	}
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", parsed.RequestURI(), parsed.Host)
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	took, errs := make([][]float64, connections), make([]error, connections)
	start := time.Now()
	var clients sync.WaitGroup
	for i := range connections {
		clients.Go(func() { took[i], errs[i] = repeat(ctx, address, request) })
	}
	clients.Wait()
	elapsed := time.Since(start)
	var all []float64
	for _, one := range took {
		all = append(all, one...)
	}
	return load{
		Requests: len(all), Rate: float64(len(all)) / elapsed.Seconds(), P50: quantile(all, 0.5), P99: quantile(all, 0.99),
	}, errors.Join(errs...)
}

// repeat sends a request again and again on one connection until the context is done, and returns how many milliseconds
// each took.
func repeat(ctx context.Context, address string, request []byte) (took []float64, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 64<<10)
	for ctx.Err() == nil {
		start := time.Now()
		if err := conn.SetDeadline(start.Add(30 * time.Second)); err != nil {
			return nil, err
		}
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if err := skipResponse(reader); err != nil {
			return nil, err
		}
		took = append(took, milliseconds(time.Since(start)))
	}
	return took, nil
}

// skipResponse reads a response, which must be 200 and name its length or be chunked.
func skipResponse(reader *bufio.Reader) error {
	text := textproto.NewReader(reader)
	status, err := text.ReadLineBytes()
	if err != nil {
		return err
	}
	if string(status) != "HTTP/1.1 200 OK" {
		return fmt.Errorf("the page answers %q", status)
	}
	length, chunked := int64(-1), false
	for {
		line, err := text.ReadLineBytes()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := cutHeader(line)
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return err
			}
		case "Transfer-Encoding":
			chunked = value == "chunked"
		}
	}
	if !chunked {
		if length < 0 {
			return errors.New("the response has no length")
		}
		_, err := io.CopyN(io.Discard, reader, length)
		return err
	}
	return skipChunks(text)
}

func skipChunks(text *textproto.Reader) error {
	for {
		line, err := text.ReadLineBytes()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 64)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, text.R, size); err != nil {
			return err
		}
		if _, err := text.ReadLineBytes(); err != nil || size == 0 {
			return err
		}
	}
}

func cutHeader(line []byte) (name, value string, found bool) {
	for i, c := range line {
		if c == ':' {
			return string(line[:i]), textproto.TrimString(string(line[i+1:])), true
		}
	}
	return "", "", false
}
