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
	"time"
)

const (
	// downloadTimeout bounds a download, and connectTimeout how long the server has to answer.
	downloadTimeout = 10 * time.Minute
	connectTimeout  = 5 * time.Second
	// stallTimeout is how long a download may make no progress.
	stallTimeout = 15 * time.Second
	// maxRedirects bounds the redirects of a download.
	maxRedirects = 5
)

var (
	errStalled  = errors.New("the download stalled")
	errInsecure = errors.New("it redirects to an address without https")
)

// NewClient returns a client for downloads. It does not leave https, and gives up soon where no server answers.
func NewClient() *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTimeout, ResponseHeaderTimeout: stallTimeout,
			ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(next *http.Request, earlier []*http.Request) error {
			if earlier[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
				return errInsecure
			}
			if len(earlier) > maxRedirects {
				return errors.New("too many redirects")
			}
			return nil
		},
	}
}

// download gets an archive from its publisher into the cache.
func (f Finder) download(ctx context.Context, s Source) error {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	return f.store(s, func(part io.Writer) error { return f.fetch(ctx, s.URL, part) })
}

// fetch writes the content of an address to a file.
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
		return fmt.Errorf("the server answered %s", response.Status)
	}
	patience := cmp.Or(f.Patience, stallTimeout)
	alarm := time.AfterFunc(patience, func() { cancel(errStalled) })
	defer alarm.Stop()
	body := &watched{Reader: response.Body, alarm: alarm, patience: patience}
	size, err := io.Copy(to, io.LimitReader(body, maxArchive+1))
	switch {
	case err != nil && context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the download ended after %d of %d bytes", size, response.ContentLength)
	case err != nil:
		return err
	case size > maxArchive:
		return fmt.Errorf("the download is larger than %d MB", maxArchive>>20)
	}
	return nil
}

// watched is a reader that postpones an alarm with everything that it reads.
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

// plain says why a download failed in words that are the same every time: without the ports and the name servers of this attempt.
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
