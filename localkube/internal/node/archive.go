package node

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"strings"
)

// archived is one image in an archive.
type archived struct {
	// ID is the digest of the image's configuration: two images with the same ID are the same.
	ID    string
	Names []string
}

// archiveManifest is an entry of manifest.json in an archive of docker's form.
type archiveManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// readArchive returns the images of an archive of docker's form, and none for an archive of another form.
func readArchive(name string) ([]archived, error) {
	file, err := os.Open(name) // #nosec G304 -- what the caller wants to load
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// Where the reader can seek, the layers are skipped, not read.
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read image archive %s: %w", name, err)
		}
		if path.Clean(header.Name) != "manifest.json" {
			continue
		}
		var manifests []archiveManifest
		if err := json.NewDecoder(io.LimitReader(reader, 1<<20)).Decode(&manifests); err != nil {
			return nil, fmt.Errorf("read image archive %s: %w", name, err)
		}
		var images []archived
		for _, manifest := range manifests {
			digest := strings.TrimSuffix(path.Base(manifest.Config), ".json")
			images = append(images, archived{ID: "sha256:" + digest, Names: manifest.RepoTags})
		}
		return images, nil
	}
}

// pauseArchive packs the program that holds a pod's namespaces as an image, and returns the image's name, which says what is in it.
func pauseArchive(program string) (content []byte, name string, err error) {
	binary, err := os.ReadFile(program) // #nosec G304 -- a program beside localkube
	if err != nil {
		return nil, "", fmt.Errorf("pack pause image: %w", err)
	}
	name = "localhost/shopflow/pause:" + digest(binary)[:12]
	content, err = programArchive(program, "pause", name)
	return content, name, err
}

// programArchive packs a static program as an image that runs it. The same program gives the same bytes.
func programArchive(program, as, image string) ([]byte, error) {
	binary, err := os.ReadFile(program) // #nosec G304 -- a program beside localkube
	if err != nil {
		return nil, fmt.Errorf("pack image %s: %w", image, err)
	}
	layer, err := packFiles(packedFile{as, binary, 0o755})
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/" + as}, "User": "65535:65535"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(layer)}},
	})
	if err != nil {
		return nil, fmt.Errorf("pack image %s: %w", image, err)
	}
	manifest, err := json.Marshal([]archiveManifest{{Config: digest(config) + ".json", RepoTags: []string{image}, Layers: []string{"layer.tar"}}})
	if err != nil {
		return nil, fmt.Errorf("pack image %s: %w", image, err)
	}
	return packFiles(
		packedFile{digest(config) + ".json", config, 0o644},
		packedFile{"layer.tar", layer, 0o644},
		packedFile{"manifest.json", manifest, 0o644},
	)
}

type packedFile struct {
	name    string
	content []byte
	mode    int64
}

func packFiles(files ...packedFile) ([]byte, error) {
	var packed bytes.Buffer
	writer := tar.NewWriter(&packed)
	for _, file := range files {
		header := &tar.Header{Name: file.name, Mode: file.mode, Size: int64(len(file.content)), Typeflag: tar.TypeReg}
		if err := writer.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", file.name, err)
		}
		if _, err := writer.Write(file.content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", file.name, err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("pack image: %w", err)
	}
	return packed.Bytes(), nil
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
