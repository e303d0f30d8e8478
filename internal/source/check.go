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
	slashpath "path"
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

// Check returns the SHA-256 of the archive at path if it is the source, complete and unchanged. Its errors say what to do.
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
		return "", fmt.Errorf("%s does not match the checksum in %s; download it again", path, sumsFile)
	}
	if err := s.inspect(path); err != nil {
		return "", fmt.Errorf("%s %w", path, err)
	}
	return sum, nil
}

// inspect looks into an archive: structure, size, version, and that every file in it can be read to its end. Its errors
// continue a sentence that begins with the archive's name.
func (s Source) inspect(path string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("is not a complete zip archive (%w); download it again", err)
	}
	defer archive.Close()
	if err := s.layout(archive.File); err != nil {
		return err
	}
	version, err := s.versionIn(&archive.Reader)
	if err != nil {
		return err
	}
	if version != s.Version {
		return fmt.Errorf("is version %s of %s, but version %s is required: %s", version, s.Title, s.Version, s.URL)
	}
	for _, file := range archive.File {
		if err := readThrough(file); err != nil {
			return fmt.Errorf("is damaged (%s: %w); download it again", file.Name, err)
		}
	}
	return nil
}

// layout checks what an archive's list of files says: one folder, which has what it must have, and no more than can be unpacked.
func (s Source) layout(files []*zip.File) error {
	top, _, _ := strings.Cut(s.Files[0], "/")
	var unpacked uint64
	seen := make(map[string]bool, min(len(files), maxFiles))
	for _, file := range files {
		name := strings.TrimSuffix(file.Name, "/")
		inside := name == top || strings.HasPrefix(name, top+"/")
		if !inside || name != slashpath.Clean(name) || strings.Contains(name, "\\") || file.Mode().Type()&^fs.ModeDir != 0 {
			return fmt.Errorf("contains %q, and not only files in one folder %s/; this is not %s", file.Name, top, s.Title)
		}
		if seen[name] {
			return fmt.Errorf("contains %q twice; this is not %s", file.Name, s.Title)
		}
		seen[name] = true
		// Each size is compared on its own first, so that no sum overflows.
		if file.UncompressedSize64 > maxUnpacked || unpacked+file.UncompressedSize64 > maxUnpacked || len(seen) > maxFiles {
			return fmt.Errorf("unpacks to more than %d MB or %d files; this is not %s", maxUnpacked>>20, maxFiles, s.Title)
		}
		unpacked += file.UncompressedSize64
	}
	missing := slices.DeleteFunc(slices.Clone(s.Files), func(name string) bool { return seen[name] })
	if len(missing) > 0 {
		return fmt.Errorf("lacks %s; this is not %s as its publisher offers it", strings.Join(missing, ", "), s.Title)
	}
	return nil
}

// readThrough unpacks a file into nothing. The reader compares length and checksum with the archive's list.
func readThrough(file *zip.File) error {
	content, err := file.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = io.Copy(io.Discard, content) // #nosec G110 -- the reader stops at the length in the list, which has a bound
	return err
}

// versionIn reads the version that an archive says it is.
func (s Source) versionIn(archive *zip.Reader) (string, error) {
	file, err := archive.Open(s.Files[0])
	if err != nil {
		return "", fmt.Errorf("is damaged (%w); download it again", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxVersionFile))
	if err != nil {
		return "", fmt.Errorf("is damaged (%s: %w); download it again", s.Files[0], err)
	}
	match := regexp.MustCompile(s.Pattern).FindSubmatch(content)
	if len(match) < 2 {
		return "", fmt.Errorf("names no version in %s", s.Files[0])
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
	sums := filepath.Join(filepath.Dir(path), sumsFile)
	file, err := os.Open(sums) // #nosec G304 -- a folder of sources
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
		// sha256sum writes the name as it was told it, with a star before it if it read the file as binary.
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && filepath.Base(strings.TrimPrefix(fields[1], "*")) == filepath.Base(path) {
			sum = strings.ToLower(fields[0])
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("read %s: %w", sums, err)
	}
	return sum, nil
}
