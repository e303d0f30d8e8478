package source

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	// sumsFile holds the recorded checksums of a folder, in the format of sha256sum.
	sumsFile = "SHA256SUMS"
	// The bounds on an archive: WooCommerce has 7 000 files and 60 MB.
	maxArchive  = 256 << 20
	maxUnpacked = 1 << 30
	maxFiles    = 50_000
	// maxVersionFile bounds what is read of the file that names the version.
	maxVersionFile = 256 << 10
)

// Check returns the SHA-256 of the archive at path if it is the source, whole and unchanged. Its errors say what to do.
func (s Source) Check(path string) (string, error) {
	sum, err := sumOf(path)
	if err != nil {
		return "", err
	}
	recorded, err := recordedSum(path)
	if err != nil {
		return "", err
	}
	switch recorded {
	case sum:
	case "":
		return "", fmt.Errorf("%s has no recorded checksum; if you trust it, run: (cd %s && sha256sum %s >> %s)",
			path, filepath.Dir(path), filepath.Base(path), sumsFile)
	default:
		return "", fmt.Errorf("%s is not the file whose checksum %s records; get it again", path, sumsFile)
	}
	return sum, s.inspect(path)
}

// inspect looks into an archive: structure, size and version.
func (s Source) inspect(path string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("%s is no whole zip archive (%w); get it again", path, err)
	}
	defer archive.Close()
	top, _, _ := strings.Cut(s.Files[0], "/")
	var unpacked uint64
	missing := slices.Clone(s.Files)
	for _, file := range archive.File {
		if !filepath.IsLocal(file.Name) || !strings.HasPrefix(file.Name, top+"/") || file.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%s holds %q, outside of its one folder %s/; this is not %s", path, file.Name, top, s.Name)
		}
		unpacked += file.UncompressedSize64
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == file.Name })
	}
	if unpacked > maxUnpacked || len(archive.File) > maxFiles {
		return fmt.Errorf("%s unpacks to %d files and %d MB; this is not %s", path, len(archive.File), unpacked>>20, s.Name)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s lacks %s; this is not %s as its maker publishes it", path, strings.Join(missing, ", "), s.Name)
	}
	version, err := s.versionIn(&archive.Reader)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if version != s.Version {
		return fmt.Errorf("%s is version %s of %s, and %s is wanted", path, version, s.Name, s.Version)
	}
	return nil
}

// versionIn reads the version that an archive says it is.
func (s Source) versionIn(archive *zip.Reader) (string, error) {
	file, err := archive.Open(s.Files[0])
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxVersionFile))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", s.Files[0], err)
	}
	match := regexp.MustCompile(s.Pattern).FindSubmatch(content)
	if len(match) < 2 {
		return "", fmt.Errorf("%s names no version", s.Files[0])
	}
	return string(match[1]), nil
}

func sumOf(path string) (string, error) {
	file, err := os.Open(path) // #nosec G304 -- a folder of sources
	if err != nil {
		return "", err
	}
	defer file.Close()
	digest := sha256.New()
	size, err := io.Copy(digest, io.LimitReader(file, maxArchive+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	if size > maxArchive {
		return "", fmt.Errorf("%s is larger than %d MB", path, maxArchive>>20)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// recordedSum returns the checksum that was recorded for a file beside it, the last one if there are several, "" if there is
// none.
func recordedSum(path string) (string, error) {
	file, err := os.Open(filepath.Join(filepath.Dir(path), sumsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	var sum string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		// sha256sum writes a star before the name of a file that it read as binary.
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && strings.TrimPrefix(fields[1], "*") == filepath.Base(path) {
			sum = strings.ToLower(fields[0])
		}
	}
	return sum, lines.Err()
}
