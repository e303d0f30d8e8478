package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"shopflow.dev/shopflow/internal/progress"
)

const packagesTitle = "Install Debian packages"

// systemPackage is a Debian package that building or running needs, and a file or program that shows that it is installed.
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

// packagesTask installs the missing system packages where Debian's package manager exists, and names them elsewhere.
func (b *Builder) packagesTask() task {
	return task{title: packagesTitle, kind: light, cost: 30 * time.Second, run: func(ctx context.Context) (string, error) {
		missing := missingPackages()
		if len(missing) == 0 {
			return progress.Unchanged, nil
		}
		list := strings.Join(missing, " ")
		if _, err := exec.LookPath("apt-get"); err != nil {
			return "", fmt.Errorf("these programs are missing: %s; install them with your system's package manager", list)
		}
		env, log := []string{"DEBIAN_FRONTEND=noninteractive"}, b.log("packages")
		if err := (command{env: env, log: log, name: "apt-get", args: []string{"update", "-q"}}).run(ctx); err != nil {
			return "", err
		}
		args := append([]string{"install", "-q", "-y", "--no-install-recommends"}, missing...)
		return list, command{env: env, log: log, name: "apt-get", args: args}.run(ctx)
	}}
}

func missingPackages() []string {
	var missing []string
	for _, pkg := range systemPackages() {
		if !pkg.installed() {
			missing = append(missing, pkg.name)
		}
	}
	return missing
}

func (p systemPackage) installed() bool {
	if p.program != "" {
		_, err := exec.LookPath(p.program)
		return err == nil
	}
	_, err := os.Stat(p.file)
	return err == nil
}
