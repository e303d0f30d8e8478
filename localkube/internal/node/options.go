// Package node runs a single-node Kubernetes on this machine: it prepares what the parts need, keeps them running, and leaves nothing behind.
package node

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Options say which instance is meant and how it runs.
type Options struct {
	// Name tells instances on one machine apart.
	Name string `json:"name"`
	// Dir is where the kubeconfig and the data of the instance live. It is absolute.
	Dir string `json:"dir"`
	// Publish are the node's ports that this machine's loopback offers.
	Publish []Publication `json:"publish,omitempty"`
	// ControlPlane leaves out all that runs pods, and needs no root.
	ControlPlane bool `json:"controlPlane,omitempty"`
}

// Publication is one port of the loopback and the node's port behind it.
type Publication struct {
	Port     int `json:"port"`
	NodePort int `json:"nodePort"`
}

// ParsePublication reads "8080:30080".
func ParsePublication(text string) (Publication, error) {
	port, nodePort, found := strings.Cut(text, ":")
	publication := Publication{}
	for _, part := range []struct {
		text string
		into *int
	}{{port, &publication.Port}, {nodePort, &publication.NodePort}} {
		number, err := strconv.Atoi(part.text)
		if !found || err != nil || number < 1 || number > 65535 {
			return Publication{}, fmt.Errorf("publish %q: want PORT:NODEPORT, such as 8080:30080", text)
		}
		*part.into = number
	}
	return publication, nil
}

// Check returns what is wrong with the options, and makes the folder absolute.
func (o *Options) Check() error {
	if !regexp.MustCompile(`^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$`).MatchString(o.Name) {
		return fmt.Errorf("name %q: want at most 32 lowercase letters, digits and hyphens, beginning with a letter", o.Name)
	}
	if o.Dir == "" {
		return fmt.Errorf("dir: want the folder for the instance's data")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return fmt.Errorf("dir %q: %w", o.Dir, err)
	}
	// Component flags, mount options and Corefiles have no common way to quote these.
	if strings.ContainsAny(dir, " ,:\"'\\\n\t") {
		return fmt.Errorf("dir %q: want a path without blanks, commas, colons, quotes and backslashes", dir)
	}
	o.Dir = dir
	return nil
}
