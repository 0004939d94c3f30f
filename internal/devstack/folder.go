package devstack

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// temporaryPrefix begins the name of each temporary stack's folder, so that the
// next stack can remove what a killed test run left behind.
const temporaryPrefix = "souk-stack-"

// temporary stacks choose their own folder.
func (o Options) temporary() bool { return o.Ephemeral && o.Dir == "" }

func (o Options) fast() bool { return o.Fast || o.Ephemeral }

// temporaryParents are the folders in which temporary stacks are, the one for the
// next first: in memory when there is room for it, unless TMPDIR says where.
func temporaryParents() []string {
	memory := memoryFolder()
	switch {
	case memory == "":
		return []string{os.TempDir()}
	case os.Getenv("TMPDIR") != "":
		return []string{os.TempDir(), memory}
	}
	return []string{memory, os.TempDir()}
}

// TemporaryDir makes a new folder for a stack's files that the databases' user, who may
// be another one, can enter: in memory when there is room for it, unless TMPDIR says
// where. Whoever makes it removes it.
func TemporaryDir(prefix string) (string, error) {
	dir, err := os.MkdirTemp(temporaryParents()[0], prefix)
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// makeDir returns the stack's folder without symbolic links, and the folders that it
// created for that.
func makeDir(o Options) (dir string, made []string, err error) {
	if o.temporary() {
		dir, err := TemporaryDir(temporaryPrefix)
		return dir, []string{dir}, err
	}
	if dir, err = filepath.Abs(defaultTo(o.Dir, DefaultDir)); err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(dir); err == nil {
		if o.Ephemeral {
			if err := requireEmpty(dir); err != nil {
				return "", nil, err
			}
		}
		dir, err = filepath.EvalSymlinks(dir)
		return dir, nil, err
	}
	missing := missingFolders(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	// The databases may run as another user, who needs access to the folder,
	// whatever the umask is.
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", nil, err
	}
	dir, err = filepath.EvalSymlinks(dir)
	return dir, missing, err
}

// missingFolders lists what there is to make before dir is there, outermost first.
func missingFolders(dir string) (missing []string) {
	for {
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			slices.Reverse(missing)
			return missing
		}
		missing = append(missing, dir)
		dir = filepath.Dir(dir)
	}
}

// requireEmpty refuses a folder that holds what an ephemeral stack did not make.
func requireEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty, and an ephemeral stack removes its files at the end: "+
			"name a new or an empty folder, or remove this one if a killed run left it behind", dir)
	}
	return nil
}

// contents are the names of all that a stack makes in its folder.
var contents = []string{"data", "env", "lock", "log", "ports.json"}

// removeFiles removes what the stack made: its files, and the folders that were not
// there before. What somebody else has put there stays, with the folders around it.
func (s *Stack) removeFiles() error {
	err := s.removeData()
	if s.opts.temporary() {
		return errors.Join(err, os.RemoveAll(s.dir))
	}
	for _, name := range contents {
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, name)))
	}
	for _, folder := range slices.Backward(s.made) {
		if failed := os.Remove(folder); errors.Is(failed, syscall.ENOTEMPTY) {
			s.log.Info("this folder stays, since it holds what the stack did not make", "folder", folder)
			break
		} else if failed != nil && !errors.Is(failed, os.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// takeLock makes sure that only one process runs a stack in dir. The kernel
// releases the lock when the process dies, so it is never stale.
func takeLock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w in %s (process %s): stop that one first", ErrRunning, dir,
				defaultTo(strings.TrimSpace(string(holder)), "unknown"))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := errors.Join(file.Truncate(0), writeAt(file, fmt.Sprintln(os.Getpid()))); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// sweep removes the folders of temporary stacks whose process was killed:
// folders whose lock is free, except new ones whose process may be about to
// take it.
func (s *Stack) sweep(ctx context.Context) {
	var folders []string
	for _, parent := range temporaryParents() {
		found, _ := filepath.Glob(filepath.Join(parent, temporaryPrefix+"*"))
		folders = append(folders, found...)
	}
	for _, folder := range folders {
		if folder == s.dir || time.Since(changed(folder)) < time.Minute {
			continue
		}
		lock, err := takeLock(folder)
		if err != nil {
			continue
		}
		left := leftIn(folder, s.log)
		if err := left.endOrphans(ctx); err == nil {
			_ = left.removeData()
			_ = os.RemoveAll(folder)
		}
		_ = lock.Close()
	}
}

// leftIn is a stack that does not run, for the removal of what it left behind.
func leftIn(folder string, log *slog.Logger) *Stack {
	return &Stack{dir: folder, data: resolve(filepath.Join(folder, "data")), log: log}
}

func changed(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Now()
	}
	return info.ModTime()
}

// place creates the folder for the databases' files, which belongs to the
// account that they run as, and returns its real path. If that account cannot
// enter dir (such as a clone under /root), the files are in another folder,
// with a symbolic link.
func (s *Stack) place() (string, error) {
	link := filepath.Join(s.dir, "data")
	if info, err := os.Stat(link); err == nil {
		if owner := ownerOf(info); owner != s.account.uid {
			return "", fmt.Errorf("%s belongs to user %d, but the current user is %d: run as that user or as root, or remove %s",
				link, owner, s.account.uid, s.dir)
		}
		real, err := filepath.EvalSymlinks(link)
		if err != nil || s.account.canEnter(real) {
			return real, err
		}
		return "", fmt.Errorf("user %s can no longer enter %s: make its parent folders accessible, or remove %s",
			s.account.name, link, s.dir)
	}
	_ = os.Remove(link) // a link whose target was removed
	if err := s.account.mkdir(link); err != nil {
		return "", err
	}
	if s.account.canEnter(link) {
		return filepath.EvalSymlinks(link)
	}
	elsewhere := s.elsewhere()
	if err := errors.Join(os.Remove(link), s.account.mkdir(elsewhere), os.Symlink(elsewhere, link)); err != nil {
		return "", err
	}
	s.log.Info("the databases' user cannot enter this folder, so their files are in another one",
		"user", s.account.name, "folder", s.dir, "files", elsewhere)
	return filepath.EvalSymlinks(elsewhere)
}

// elsewhere is on a disk that survives a restart of the machine, unlike /tmp,
// and has one path for each folder.
func (s *Stack) elsewhere() string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(s.dir))
	return fmt.Sprintf("/var/tmp/souk-%x", hash.Sum64())
}

func (s *Stack) removeData() error {
	if s.data == "" {
		return nil
	}
	return os.RemoveAll(s.data)
}

// writeEnv writes a file that a shell can source. It appears completely or not
// at all, because an editor or a test may be reading it. Nobody else can read it:
// the address of a database may contain a password.
func writeEnv(path string, env map[string]string) error {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(&text, "export %s='%s'\n", name, strings.ReplaceAll(env[name], "'", `'\''`))
	}
	return writeWhole(path, []byte(text.String()), 0o600)
}

func writeWhole(path string, content []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(mode), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func defaultTo(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
