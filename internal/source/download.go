package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	// downloadTime bounds a download, and connectTime how long its address has to answer.
	downloadTime = 10 * time.Minute
	connectTime  = 5 * time.Second
	// silenceTime is how long a download may stand still.
	silenceTime = 15 * time.Second
	// maxRedirects is how often an address may name another one.
	maxRedirects = 5
)

var (
	errSilent   = errors.New("it stood still")
	errInsecure = errors.New("it leads to an address without https")
)

// NewClient returns a client for downloads. It does not leave https, and gives up soon where nobody answers.
func NewClient() *http.Client {
	dialer := &net.Dialer{Timeout: connectTime}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTime, ResponseHeaderTimeout: silenceTime,
			ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(next *http.Request, earlier []*http.Request) error {
			if earlier[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
				return errInsecure
			}
			if len(earlier) > maxRedirects {
				return errors.New("it leads in circles")
			}
			return nil
		},
	}
}

// download gets an archive from its maker into the cache. It is looked into before it is kept and its checksum recorded.
func (f Finder) download(ctx context.Context, s Source) error {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	if err := os.MkdirAll(f.Cache, 0o750); err != nil {
		return err
	}
	if err := f.sweep(); err != nil {
		return err
	}
	part, err := os.CreateTemp(f.Cache, partPattern)
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	if err := errors.Join(f.fetch(ctx, s.URL, part), part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := s.inspect(part.Name()); err != nil {
		return fmt.Errorf("what it gives %w", err)
	}
	sum, err := sumOf(part.Name())
	if err != nil {
		return err
	}
	if err := record(filepath.Join(f.Cache, sumsFile), sum, s.File); err != nil {
		return err
	}
	return os.Rename(part.Name(), filepath.Join(f.Cache, s.File))
}

// partPattern names downloads that are not complete.
const partPattern = ".download-*"

// sweep removes what downloads left that were killed.
func (f Finder) sweep() error {
	parts, err := filepath.Glob(filepath.Join(f.Cache, partPattern))
	if err != nil {
		return err
	}
	for _, part := range parts {
		// A younger one may be another process's, which is at work.
		if info, err := os.Stat(part); err == nil && time.Since(info.ModTime()) > downloadTime {
			if err := os.Remove(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetch writes what an address gives to a file.
func (f Finder) fetch(ctx context.Context, address string, to io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := f.Client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %s", response.Status)
	}
	patience := cmp.Or(f.Patience, silenceTime)
	alarm := time.AfterFunc(patience, func() { cancel(errSilent) })
	defer alarm.Stop()
	body := &watched{Reader: response.Body, alarm: alarm, patience: patience}
	size, err := io.Copy(to, io.LimitReader(body, maxArchive+1))
	switch {
	case err != nil && context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it broke off after %d of %d bytes", size, response.ContentLength)
	case err != nil:
		return err
	case size > maxArchive:
		return fmt.Errorf("it gives more than %d MB", maxArchive>>20)
	}
	return nil
}

// watched is a reader that puts off an alarm with everything that it reads.
type watched struct {
	io.Reader
	alarm    *time.Timer
	patience time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.alarm.Reset(w.patience)
	}
	return n, err
}

// record adds a checksum as sha256sum would write it.
func record(path, sum, name string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // #nosec G304 -- the cache
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s  %s\n", sum, name)
	return errors.Join(err, file.Sync(), file.Close())
}

// plain says why a download failed in words that are the same every time: without the ports and the name servers of this try.
func plain(err error) string {
	var name *net.DNSError
	var network *net.OpError
	var request *url.Error
	switch {
	case errors.As(err, &name):
		return name.Err
	case errors.As(err, &network):
		return network.Err.Error()
	case errors.As(err, &request):
		return request.Err.Error()
	default:
		return err.Error()
	}
}
