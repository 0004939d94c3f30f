package devstack

import (
	"context"
	"os"
	"os/exec"
)

// missingPackages returns the names of Debian's packages. postgresql includes
// the extensions.
func missingPackages(postgres, redis bool) []string {
	var packages []string
	if postgres {
		packages = append(packages, "postgresql", "postgresql-contrib")
	}
	if redis {
		packages = append(packages, "redis-server")
	}
	return packages
}

func canApt() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

// aptInstall refreshes the lists first: a fresh image has none, and an old one
// lists versions that no longer exist. Debian then starts its own cluster and
// Redis on the default ports, which we do not use.
func (s *Stack) aptInstall(ctx context.Context, packages []string) error {
	if err := s.spawner.run(ctx, aptGet("update", "-q")); err != nil {
		return err
	}
	return s.spawner.run(ctx, aptGet(append([]string{"install", "-q", "-y", "--no-install-recommends"}, packages...)...))
}

func aptGet(args ...string) *exec.Cmd {
	// Another installation may be running: wait for its lock.
	cmd := exec.Command("apt-get", append([]string{"-o", "DPkg::Lock::Timeout=120"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	return cmd
}
