package apiclient

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// Config says where a platform is and how to sign in.
type Config struct {
	Server string `json:"server"`
	Token  string `json:"token"`
	// TokenID names the token of a person, so that signing out can revoke it.
	TokenID string `json:"tokenID,omitempty"`
}

// SameServer reports whether two addresses are of one server, however they are written: with a slash at the end or the port that
// is usually left out.
func SameServer(a, b string) bool {
	return canonical(a) == canonical(b)
}

func canonical(server string) string {
	address, err := url.Parse(server)
	if err != nil {
		return server
	}
	address.Host = strings.ToLower(address.Host)
	switch address.Scheme { // url.Parse has made it lowercase.
	case "http":
		address.Host = strings.TrimSuffix(address.Host, ":80")
	case "https":
		address.Host = strings.TrimSuffix(address.Host, ":443")
	}
	return strings.TrimRight(address.String(), "/")
}

// FindConfig reads .shopflow/client.yaml in the folder or the nearest folder above that has one. It returns an error that is
// fs.ErrNotExist if none has.
func FindConfig(folder string) (Config, error) {
	for {
		path := filepath.Join(folder, ".shopflow", "client.yaml")
		content, err := os.ReadFile(path) //nolint:gosec // the path is made here
		switch {
		case err == nil:
			var config Config
			if err := yaml.Unmarshal(content, &config); err != nil {
				return Config{}, fmt.Errorf("read %s: %w", path, err)
			}
			return config, nil
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
			return Config{}, fmt.Errorf("read the client's configuration: %w", err)
		case folder == filepath.Dir(folder):
			return Config{}, fmt.Errorf("find .shopflow/client.yaml here or above: %w", err)
		}
		folder = filepath.Dir(folder)
	}
}
