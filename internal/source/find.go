package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	// downloadTime bounds a download, and connectTime how long its address has to answer.
	downloadTime = 10 * time.Minute
	connectTime  = 10 * time.Second
)

// Found is an archive that can be used.
type Found struct {
	Path, SHA256 string
}

// Finder looks for archives.
type Finder struct {
	// Folders are looked into in this order. A folder that is not there is passed over.
	Folders []string
	// Cache is the last of them, and where downloads are kept.
	Cache string
	// Client makes downloads. Its transport bounds how long an address may be silent.
	Client *http.Client
}

// NewClient returns a client for downloads.
func NewClient() *http.Client {
	dialer := &net.Dialer{Timeout: connectTime}
	return &http.Client{Timeout: downloadTime, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTime, ResponseHeaderTimeout: connectTime,
	}}
}

// Find returns the source's archive, and downloads it if no folder has it. An archive that is there but is refused is an
// error: what somebody put there is not passed over in silence. ErrMissing means that there is none.
func (f Finder) Find(ctx context.Context, s Source) (Found, error) {
	for _, folder := range append(f.Folders, f.Cache) {
		path := filepath.Join(folder, s.File)
		if _, err := os.Stat(path); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return Found{}, err
		}
		sum, err := s.Check(path)
		return Found{Path: path, SHA256: sum}, err
	}
	if err := f.download(ctx, s); err != nil {
		return Found{}, fmt.Errorf("%s %s is %w here, and %s did not give it (%v)", s.Name, s.Version, ErrMissing, s.URL, err) //nolint:errorlint // why the address did not answer is told, not handled
	}
	path := filepath.Join(f.Cache, s.File)
	sum, err := s.Check(path)
	return Found{Path: path, SHA256: sum}, err
}

// download gets an archive from its maker into the cache. It is looked into before it is kept and its checksum recorded.
func (f Finder) download(ctx context.Context, s Source) error {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
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
	if err := os.MkdirAll(f.Cache, 0o750); err != nil {
		return err
	}
	part, err := os.CreateTemp(f.Cache, s.File+".part-")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	size, err := io.Copy(part, io.LimitReader(response.Body, maxArchive+1))
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if response.ContentLength >= 0 && size != response.ContentLength {
		return fmt.Errorf("it broke off after %d of %d bytes", size, response.ContentLength)
	}
	if err := s.inspect(part.Name()); err != nil {
		return err
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

// record adds a checksum as sha256sum would write it.
func record(path, sum, name string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // #nosec G304 -- the cache
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s  %s\n", sum, name)
	return errors.Join(err, file.Close())
}
