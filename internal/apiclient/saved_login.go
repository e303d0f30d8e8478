package apiclient

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// loginPath is where "shopflow login" saves the sign-in.
func loginPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for settings: %w", err)
	}
	return filepath.Join(dir, "shopflow", "client.yaml"), nil
}

// FindLogin reads what SaveLogin wrote. It returns an error that is fs.ErrNotExist if there is nothing.
func FindLogin() (Config, error) {
	path, err := loginPath()
	if err != nil {
		return Config{}, err
	}
	content, err := os.ReadFile(path) //nolint:gosec // the path is made here
	if err != nil {
		return Config{}, fmt.Errorf("read the saved sign-in: %w", err)
	}
	var config Config
	if err := yaml.Unmarshal(content, &config); err != nil {
		return Config{}, fmt.Errorf("read %s: %w", path, err)
	}
	return config, nil
}

// SaveLogin saves the sign-in in a file that only the person can read.
func SaveLogin(config Config) (path string, err error) {
	if path, err = loginPath(); err != nil {
		return "", err
	}
	content, err := yaml.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("encode the settings: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("create the folder for settings: %w", err)
	}
	// A new file replaces the old one, which may have been readable for others.
	part := path + ".new"
	_ = os.Remove(part) // Left by an interrupted run, if it is there.
	if err := os.WriteFile(part, content, 0o600); err != nil {
		return "", fmt.Errorf("save the sign-in: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("save the sign-in: %w", err)
	}
	return path, nil
}

// RemoveLogin removes the saved sign-in.
func RemoveLogin() error {
	path, err := loginPath()
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the saved sign-in: %w", err)
	}
	return nil
}
