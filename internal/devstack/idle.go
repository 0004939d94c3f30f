package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// IsIdle reports whether url is the database of the stack in dir, and no process runs
// that stack. So a shell that has sourced the env file, where DATABASE_URL is the
// stack's own, can start the stack again, also after it was removed.
func IsIdle(dir, url string) bool {
	dir = resolve(defaultTo(dir, DefaultDir))
	port := keptPorts(dir).Primary
	if port == 0 {
		return isRemoved(url)
	}
	if url != databaseURL(port, databaseName) {
		return false
	}
	lock, err := takeLock(dir)
	if err != nil {
		return false
	}
	return lock.Close() == nil
}

// isRemoved reports whether url has the form of a stack's address, with a port that a
// stack chooses, and no server is there.
func isRemoved(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	port, err := strconv.Atoi(parsed.Port())
	return err == nil && port >= firstPort && port < firstPort+portCount &&
		address == databaseURL(port, databaseName) && free(port)
}

// WriteEnv writes the env file of a folder whose stack does not run, for a shell that
// uses other servers. Until release is called, no stack can start or be removed there.
// It returns ErrRunning if the stack runs: the file is its own then.
func WriteEnv(dir string, env map[string]string) (path string, release func() error, err error) {
	dir, _, err = makeDir(Options{Dir: dir})
	if err != nil {
		return "", nil, fmt.Errorf("write the env file: %w", err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return "", nil, fmt.Errorf("write the env file: %w", err)
	}
	path = filepath.Join(dir, "env")
	if err := writeEnv(path, env); err != nil {
		return "", nil, errors.Join(err, lock.Close())
	}
	return path, lock.Close, nil
}

// Reset removes the data of the stack in dir and everything else that was made there,
// named in also if the stack did not make it. It returns ErrRunning and removes nothing
// if the stack runs. What else is in the folder stays.
func Reset(ctx context.Context, dir string, log *slog.Logger, also ...string) error {
	dir, err := filepath.Abs(defaultTo(dir, DefaultDir))
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	real := resolve(dir)
	lock, err := takeLock(real)
	if err != nil {
		return fmt.Errorf("remove the development data: %w", err)
	}
	defer func() { _ = lock.Close() }()
	left := leftIn(real, log)
	left.made = []string{real}
	if err := left.endOrphans(ctx); err != nil {
		return fmt.Errorf("remove the development data: %w", err)
	}
	for _, name := range also {
		if err := os.RemoveAll(filepath.Join(real, name)); err != nil {
			return fmt.Errorf("remove the development data: %w", err)
		}
	}
	if err := left.removeFiles(); err != nil {
		return fmt.Errorf("remove the development data: %w", err)
	}
	return nil
}
