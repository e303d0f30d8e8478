package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// systemPackage is a Debian package that building or running needs, and a file or program that shows that it is there.
type systemPackage struct {
	name, program, file string
}

func systemPackages() []systemPackage {
	return []systemPackage{
		{name: "buildah", program: "buildah"},
		{name: "mmdebstrap", program: "mmdebstrap"},
		{name: "gcc", program: "gcc"},
		{name: "libc6-dev", file: "/usr/include/stdio.h"},
		{name: "pkg-config", program: "pkg-config"},
		{name: "libseccomp-dev", file: "/usr/include/seccomp.h"},
		{name: "nftables", program: "nft"},
		{name: "iproute2", program: "ip"},
		{name: "mount", program: "mount"},
	}
}

// installPackages installs the missing system packages where Debian's package manager is there, and names them elsewhere.
func (l *Local) installPackages(ctx context.Context) error {
	var missing []string
	for _, pkg := range systemPackages() {
		if !pkg.installed() {
			missing = append(missing, pkg.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	list := strings.Join(missing, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("these programs are missing: %s; install them with your system's package manager", list)
	}
	return l.steps.Do(ctx, "Install "+list, func(ctx context.Context) (string, error) {
		env := []string{"DEBIAN_FRONTEND=noninteractive"}
		log := l.log("packages")
		if err := (command{env: env, log: log, name: "apt-get", args: []string{"update", "-q"}}).run(ctx); err != nil {
			return "", err
		}
		args := append([]string{"install", "-q", "-y", "--no-install-recommends"}, missing...)
		return "", command{env: env, log: log, name: "apt-get", args: args}.run(ctx)
	})
}

func (p systemPackage) installed() bool {
	if p.program != "" {
		_, err := exec.LookPath(p.program)
		return err == nil
	}
	_, err := os.Stat(p.file)
	return err == nil
}
