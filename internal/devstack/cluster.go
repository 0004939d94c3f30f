package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	superuser    = "souk"
	databaseName = "souk"

	// readyTimeout includes the recovery after a crash, which replays the log
	// since the last checkpoint: at most max_wal_size.
	readyTimeout = 2 * time.Minute
)

// cluster is one Postgres data folder and, while it runs, its server.
type cluster struct {
	name string
	dir  string
	proc *process
}

func (c *cluster) running() bool { return c != nil && c.proc.running() }

// stop shuts down in fast mode first: sessions end, a checkpoint is written. If
// that takes too long it uses immediate mode, which requires a recovery at the
// next start, and finally kills the server.
func (c *cluster) stop(ctx context.Context) {
	if c == nil {
		return
	}
	c.proc.stop(ctx,
		patience{syscall.SIGINT, stopTimeout},
		patience{syscall.SIGQUIT, 2 * time.Second},
		patience{syscall.SIGKILL, 0})
}

// exists reports whether the data folder is complete: it is created under
// another name and renamed when it is done.
func (c *cluster) exists() bool {
	_, err := os.Stat(filepath.Join(c.dir, "PG_VERSION"))
	return err == nil
}

// unfinished is the name of a data folder while it is created.
func (c *cluster) unfinished() string { return c.dir + ".unfinished" }

// prepare creates the missing data folders. No server runs yet, so the replica
// can be a plain copy of the primary's folder.
func (s *Stack) prepare(ctx context.Context) error {
	if !s.primary.exists() {
		if err := s.initPrimary(ctx); err != nil {
			return err
		}
	}
	if s.replica != nil && !s.replica.exists() {
		return s.copyPrimary()
	}
	return nil
}

func (s *Stack) initPrimary(ctx context.Context) error {
	dir := s.primary.unfinished()
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	// If the C library does not know C.UTF-8: C has the same order, but no
	// upper and lower case beyond ASCII.
	var err error
	for _, locale := range []string{"C.UTF-8", "C"} {
		cmd := exec.Command(s.postgres.program("initdb"), "--pgdata", dir, "--username", superuser,
			"--encoding", "UTF8", "--locale", locale, "--auth", "trust", "--no-instructions")
		if s.opts.fast() {
			cmd.Args = append(cmd.Args, "--no-sync")
		}
		cmd.Dir, cmd.Env = s.data, serverEnv()
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account.credential()}
		if err = s.spawner.run(ctx, cmd); err == nil {
			return os.Rename(dir, s.primary.dir)
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "locale") {
			break
		}
	}
	return err
}

// settings are given on the command line, where they override the data folder's
// settings, so that a change here applies to existing stacks too.
func (s *Stack) settings(port int) []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=", // a path in a deep clone would exceed the kernel's limit of 107 bytes
		"max_connections=200",
		"shared_preload_libraries=pg_stat_statements",
		// A database that is cloned for a test has statements of its own. With the default of
		// 5,000, those of tests that run at the same time push each other out of the counts.
		"pg_stat_statements.max=50000",
		"pg_stat_statements.track=all",
		"wal_level=logical",
		"hot_standby=on",
		// The default is 5 s, which a replica's first connection would wait if
		// it starts before its primary.
		"wal_retrieve_retry_interval=100ms",
		// A replica that never returns must not fill the disk.
		"max_slot_wal_keep_size=4GB",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_line_prefix=%m [%p] %q%u@%d ",
	}
	if !s.opts.fast() {
		return append(settings, "shared_buffers=256MB", "max_wal_size=2GB")
	}
	// synchronous_commit stays on: without a disk to wait for it costs nothing,
	// and switching it off would delay replication.
	return append(settings, "shared_buffers=128MB", "fsync=off", "full_page_writes=off", "checkpoint_timeout=30min",
		// The log may be in memory: keep less of it, and do not fill it with zeros first.
		"max_wal_size=1GB", "wal_init_zero=off",
		// Many tests at once read the log, each with a slot of its own. A replica needs what its
		// primary has. A stack that is kept has the defaults: its replica may be from before.
		"max_wal_senders=64", "max_replication_slots=64", "max_prepared_transactions=16")
}

// startCluster starts the server and waits until it accepts connections.
func (s *Stack) startCluster(ctx context.Context, c *cluster, port int, more ...string) error {
	args := []string{"-D", c.dir, "-c", "cluster_name=souk-" + c.name}
	for _, setting := range append(s.settings(port), more...) {
		args = append(args, "-c", setting)
	}
	logPath := filepath.Join(s.dir, "log", c.name+".log")
	log, err := logFile(logPath)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(s.postgres.program("postgres"), args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.Env = log, log, c.dir, serverEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account.credential()}
	proc, err := s.spawner.start("postgres "+c.name, cmd, syscall.SIGINT)
	if err != nil {
		return err
	}
	c.proc = proc
	err = waitUntil(ctx, readyTimeout, "postgres "+c.name+" to be ready", func() (bool, error) {
		if !proc.running() {
			return false, exitError("postgres "+c.name, logPath)
		}
		return c.ready(proc.cmd.Process.Pid), nil
	})
	if err == nil {
		proc.watch(s.log, logPath)
	}
	return err
}

// ready reads the status from line 8 of the server's pid file. Unlike a test
// connection this leaves no error in its log.
func (c *cluster) ready(pid int) bool {
	content, err := os.ReadFile(filepath.Join(c.dir, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := bytes.Split(content, []byte("\n"))
	return len(lines) > 7 && string(lines[0]) == strconv.Itoa(pid) && string(bytes.TrimSpace(lines[7])) == "ready"
}

// endOrphans stops servers that a killed run left behind, and removes a pid
// file that names another program's process, because Postgres would respect it.
func (s *Stack) endOrphans(ctx context.Context) error {
	return concurrently(
		func() error { return s.endOrphan(ctx, "primary", "postgres", "postmaster.pid") },
		func() error { return s.endOrphan(ctx, "replica", "postgres", "postmaster.pid") },
		func() error { return s.endOrphan(ctx, "redis", "redis", "redis.pid") },
		func() error { return s.endOrphan(ctx, "redis", "valkey", "redis.pid") },
	)
}

func (s *Stack) endOrphan(ctx context.Context, server, program, pidFile string) error {
	dir := filepath.Join(s.data, server)
	found := false
	for _, step := range []patience{
		{syscall.SIGINT, stopTimeout},
		{syscall.SIGQUIT, 2 * time.Second},
		{syscall.SIGKILL, 5 * time.Second},
	} {
		pids := processesIn(dir, program)
		if len(pids) == 0 {
			break
		}
		if !found {
			s.log.Info("stopping a server that an earlier run left behind", "server", server, "processes", pids)
		}
		found = true
		for _, pid := range pids {
			_ = syscall.Kill(pid, step.signal)
		}
		err := waitUntil(ctx, step.wait, server+" of an earlier run to end", func() (bool, error) {
			return len(processesIn(dir, program)) == 0, nil
		})
		if err != nil && ctx.Err() != nil {
			return err
		}
	}
	if pids := processesIn(dir, program); len(pids) > 0 {
		return fmt.Errorf("%s of an earlier run does not stop (processes %v): stop it", server, pids)
	}
	if err := os.Remove(filepath.Join(dir, pidFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
