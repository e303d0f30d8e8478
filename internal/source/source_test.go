package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pinned is a small source that an archive of good passes for.
func pinned() Source {
	return Source{
		Name: "shop", Title: "Shop", Version: "1.2.3", File: "shop.1.2.3.zip",
		Files: []string{"shop/shop.php", "shop/readme.txt"}, Pattern: `(?m)^ \* Version: (\S+)$`,
	}
}

type entry struct{ name, content string }

func good() []entry {
	return []entry{{"shop/", ""}, {"shop/shop.php", "<?php\n/**\n * Version: 1.2.3\n */\n"}, {"shop/readme.txt", "Read me"}}
}

func zipOf(t *testing.T, entries []entry) []byte {
	t.Helper()
	var content bytes.Buffer
	writer := zip.NewWriter(&content)
	for _, e := range entries {
		file, err := writer.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(file, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// put writes an archive and, unless sum is "-", records a checksum for it: its own if sum is empty.
func put(t *testing.T, folder string, content []byte, sum string) string {
	t.Helper()
	path := filepath.Join(folder, pinned().File)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if sum == "-" {
		return path
	}
	if sum == "" {
		var err error
		if sum, err = sumOf(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := record(filepath.Join(folder, sumsFile), sum, pinned().File); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	whole := zipOf(t, good())
	for name, test := range map[string]struct {
		content []byte
		sum     string
		want    string
	}{
		"Good":         {whole, "", ""},
		"Truncated":    {whole[:len(whole)-30], "", "not a complete zip archive"},
		"NoArchive":    {[]byte("<html>Not found</html>"), "", "not a complete zip archive"},
		"NoSum":        {whole, "-", "has no recorded checksum; if you trust it, run: (cd "},
		"OtherSum":     {whole, strings.Repeat("0", 64), "does not match the checksum"},
		"OtherVersion": {zipOf(t, []entry{{"shop/shop.php", " * Version: 1.2.4\n"}, {"shop/readme.txt", ""}}), "", "is version 1.2.4 of Shop, but version 1.2.3 is required"},
		"NoVersion":    {zipOf(t, []entry{{"shop/shop.php", ""}, {"shop/readme.txt", ""}}), "", "names no version"},
		"FileMissing":  {zipOf(t, good()[:2]), "", "lacks shop/readme.txt"},
		"OtherFolder":  {zipOf(t, append(good(), entry{"else/x.php", ""})), "", `contains "else/x.php", and not only files in one folder shop/`},
		"Twice":        {zipOf(t, append(good(), good()[1])), "", `contains "shop/shop.php" twice`},
		"BesideFolder": {zipOf(t, append(good(), entry{"shopping/x.php", ""})), "", "not only files in one folder"},
		"StepAside":    {zipOf(t, append(good(), entry{"shop/../else/x.php", ""})), "", "not only files in one folder"},
		"Backslash":    {zipOf(t, append(good(), entry{`shop/..\..\x.php`, ""})), "", "not only files in one folder"},
		"Link":         {special(t, "shop/link", fs.ModeSymlink), "", "not only files in one folder"},
		"Device":       {special(t, "shop/device", fs.ModeDevice), "", "not only files in one folder"},
		"Damaged":      {damaged(t), "", "is damaged (shop/readme.txt: zip: checksum error); download it again"},
		"Huge":         {claiming(t, 2<<30), "", "unpacks to more than 1024 MB"},
		"HugeInAll":    {claiming(t, 1<<29, 1<<29, 1<<29), "", "unpacks to more than 1024 MB"},
		"Overflow":     {claiming(t, 1<<63, 1<<63), "", "unpacks to more than 1024 MB"},
		"Lying":        {claiming(t, 3), "", "is damaged (shop/big0"},
		"Traversal":    {zipOf(t, append(good(), entry{"shop/../../etc/passwd", ""})), "", "not only files in one folder"},
		"Absolute":     {zipOf(t, append(good(), entry{"/etc/passwd", ""})), "", "not only files in one folder"},
	} {
		t.Run(name, func(t *testing.T) {
			path := put(t, t.TempDir(), test.content, test.sum)
			sum, err := pinned().Check(path)
			switch {
			case test.want == "" && (err != nil || len(sum) != 64):
				t.Errorf("got %q, %v", sum, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestCheckRefusesManyFiles(t *testing.T) {
	entries := good()
	for i := range maxFiles {
		entries = append(entries, entry{fmt.Sprintf("shop/%d", i), ""})
	}
	if _, err := pinned().Check(put(t, t.TempDir(), zipOf(t, entries), "")); err == nil || !strings.Contains(err.Error(), "unpacks to more") {
		t.Errorf("got %v", err)
	}
}

// special returns an archive with something that is no file.
func special(t *testing.T, name string, mode fs.FileMode) []byte {
	t.Helper()
	return archive(t, func(writer *zip.Writer) error {
		header := &zip.FileHeader{Name: name}
		header.SetMode(mode | 0o777)
		file, err := writer.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = io.WriteString(file, "/etc/passwd")
		return err
	})
}

// damaged returns an archive in which one byte of a file is another one.
func damaged(t *testing.T) []byte {
	t.Helper()
	content := archive(t, func(*zip.Writer) error { return nil })
	at := bytes.Index(content, []byte("Read me"))
	if at < 0 {
		t.Fatal("the file is not stored as it is")
	}
	content[at] ^= 1
	return content
}

// claiming returns an archive whose list says these sizes of files that have another.
func claiming(t *testing.T, sizes ...uint64) []byte {
	t.Helper()
	return archive(t, func(writer *zip.Writer) error {
		for i, size := range sizes {
			file, err := writer.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("shop/big%d", i), UncompressedSize64: size, CompressedSize64: 7})
			if err != nil {
				return err
			}
			if _, err := io.WriteString(file, "content"); err != nil {
				return err
			}
		}
		return nil
	})
}

// archive returns the good archive, stored as it is, and what else is added to it.
func archive(t *testing.T, add func(*zip.Writer) error) []byte {
	t.Helper()
	var content bytes.Buffer
	writer := zip.NewWriter(&content)
	for _, e := range good() {
		file, err := writer.CreateHeader(&zip.FileHeader{Name: e.name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(file, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(add(writer), writer.Close()); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

func TestRecordedSum(t *testing.T) {
	sum := strings.Repeat("a", 64)
	for name, test := range map[string]struct{ lines, want string }{
		"None":       {"", ""},
		"Text":       {sum + "  shop.1.2.3.zip\n", sum},
		"Binary":     {sum + " *shop.1.2.3.zip\n", sum},
		"WithFolder": {sum + "  ./shop.1.2.3.zip\n", sum},
		"OtherFile":  {sum + "  shop.1.2.4.zip\n" + sum + "  other-shop.1.2.3.zip\n", ""},
		"Last":       {strings.Repeat("b", 64) + "  shop.1.2.3.zip\n# by hand\n" + strings.ToUpper(sum) + "  shop.1.2.3.zip", sum},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, sumsFile), []byte(test.lines), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := recordedSum(filepath.Join(folder, pinned().File)); err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestThePinnedSources(t *testing.T) {
	sources, err := Read("../../images/sources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if !strings.Contains(source.URL, source.Version) || !strings.Contains(source.File, source.Version) {
			t.Errorf("source %+v: URL and file must name the version", source)
		}
	}
	if len(sources) != 2 {
		t.Errorf("%d sources", len(sources))
	}
}

func TestReadRefusesInvalidFiles(t *testing.T) {
	good := `{"name": "a", "title": "A", "version": "1", "file": "a.zip", "url": "https://a.example/a.zip", "files": ["a/a.php"], "pattern": "(1)"}`
	for name, change := range map[string][2]string{
		"Good":     {"", ""},
		"NoName":   {`"a"`, `""`},
		"NoTitle":  {`"A"`, `""`},
		"NoFiles":  {`["a/a.php"]`, `[]`},
		"Folder":   {`"a.zip"`, `"../a.zip"`},
		"HTTP":     {"https:", "http:"},
		"NoGroup":  {`"(1)"`, `"1"`},
		"NoRegexp": {`"(1)"`, `"("`},
		"Typo":     {`"version"`, `"vrsion"`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sources.yaml")
			if err := os.WriteFile(path, []byte("sources: ["+strings.Replace(good, change[0], change[1], 1)+"]"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(path); (err == nil) != (name == "Good") {
				t.Errorf("got %v", err)
			}
		})
	}
}
