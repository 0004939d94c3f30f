package devstack

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// redis holds nothing that cannot be rebuilt, so it starts empty each time: a
// cache of an earlier run could be older than the database.
type redis struct {
	program string
	dir     string
	proc    *process
}

// redisDatabases is the number of numbered databases: one for each test that
// runs at a time.
const redisDatabases = 512

func findRedis() string {
	for _, name := range []string{"redis-server", "valkey-server", "/opt/homebrew/bin/redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (r *redis) running() bool { return r != nil && r.proc.running() }

func (r *redis) stop(ctx context.Context) {
	if r == nil {
		return
	}
	r.proc.stop(ctx, patience{syscall.SIGTERM, 5 * time.Second}, patience{syscall.SIGKILL, 0})
}

func (s *Stack) startRedis(ctx context.Context) error {
	if s.redis == nil {
		return nil
	}
	if err := s.account.mkdir(s.redis.dir); err != nil {
		return err
	}
	logPath := filepath.Join(s.dir, "log", "redis.log")
	log, err := logFile(logPath)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(s.redis.program,
		"--bind", "127.0.0.1",
		"--port", strconv.Itoa(s.ports.Redis),
		"--dir", s.redis.dir,
		"--databases", strconv.Itoa(redisDatabases),
		"--save", "",
		"--appendonly", "no",
		"--maxmemory", "512mb",
		"--maxmemory-policy", "allkeys-lru",
	)
	cmd.Args = append(cmd.Args, "--daemonize", "no", "--pidfile", filepath.Join(s.redis.dir, "redis.pid"))
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.Env = log, log, s.redis.dir, serverEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account.credential()}
	proc, err := s.spawner.start("redis", cmd, syscall.SIGTERM)
	if err != nil {
		return err
	}
	s.redis.proc = proc
	err = waitUntil(ctx, 10*time.Second, "redis to respond", func() (bool, error) {
		if !proc.running() {
			return false, exitError("redis", logPath)
		}
		return pong(s.ports.Redis), nil
	})
	if err == nil {
		proc.watch(s.log, logPath)
	}
	return err
}

// pong asks Redis whether it responds, with its inline protocol.
func pong(port int) bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	answer := make([]byte, 5)
	_, err = conn.Read(answer)
	return err == nil && string(answer) == "+PONG"
}

// serverEnv hides a developer's PGPORT, LANG and similar variables from the
// servers.
func serverEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "HOME=/"}
}

// exitError says why a server ended during its start.
func exitError(server, logPath string) error {
	why := complaint(logPath)
	if strings.Contains(why, "ddress already in use") || strings.Contains(why, "create any TCP/IP sockets") {
		return fmt.Errorf("%s: %w", server, errPortTaken)
	}
	return fmt.Errorf("%s did not start: %s (see %s)", server, why, logPath)
}

// waitUntil polls until the condition is true, an error occurs, or the time is
// up.
func waitUntil(ctx context.Context, limit time.Duration, what string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
}
