package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
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
	// Client makes downloads (see NewClient).
	Client *http.Client
	// Patience is how long a download may stand still; 0 means 15 s.
	Patience time.Duration
}

// Find returns the source's archive, and downloads it if no folder has it. An archive that is there but is refused is an
// error: what somebody put there is not passed over in silence. Only one in the cache is replaced by a download. ErrMissing
// means that there is none.
func (f Finder) Find(ctx context.Context, s Source) (Found, error) {
	cached := filepath.Join(f.Cache, s.File)
	var refused error
	for _, folder := range append(slices.Clone(f.Folders), f.Cache) {
		path := filepath.Join(folder, s.File)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		sum, err := s.Check(path)
		if err == nil {
			return Found{Path: path, SHA256: sum}, nil
		}
		if path != cached {
			return Found{}, err
		}
		refused = err
	}
	why := f.download(ctx, s)
	switch {
	case why != nil && refused != nil:
		return Found{}, fmt.Errorf("%w (%s: %s)", refused, s.URL, plain(why))
	case why != nil:
		return Found{}, fmt.Errorf("%s %s is %w here, nor at %s (%s)", s.Name, s.Version, ErrMissing, s.URL, plain(why))
	}
	sum, err := s.Check(cached)
	return Found{Path: cached, SHA256: sum}, err
}
