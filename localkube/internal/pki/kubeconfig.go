package pki

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// WriteKubeconfig writes a kubeconfig, readable by its owner alone, that holds all it needs: the authority, the certificate <dir>/<name>.crt and its key.
func (a *Authority) WriteKubeconfig(path, server, cluster, dir, name string) error {
	certificate, err := os.ReadFile(filepath.Join(dir, name+".crt")) // #nosec G304 -- a file of the instance
	if err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	key, err := os.ReadFile(filepath.Join(dir, name+".key")) // #nosec G304 -- a file of the instance
	if err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	content := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: %[1]s
clusters:
- name: %[1]s
  cluster:
    server: %[2]s
    certificate-authority-data: %[3]s
contexts:
- name: %[1]s
  context: {cluster: %[1]s, user: %[4]s}
users:
- name: %[4]s
  user:
    client-certificate-data: %[5]s
    client-key-data: %[6]s
`, cluster, server, encode(a.PEM), name, encode(certificate), encode(key))
	return writeFile(path, []byte(content))
}

func encode(content []byte) string { return base64.StdEncoding.EncodeToString(content) }
