package harness

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/devstack"
	"souk/migrations"
)

// Cluster is a stack of a test's own, with a primary that it may stop and start: other
// tests must not feel that.
type Cluster struct {
	// Primary, Replica and Redis are addresses.
	Primary, Replica, Redis string
	// Stack stops and starts the replica and Redis.
	Stack *devstack.Stack
	// Data is the primary's folder. The databases' user owns the one around it.
	Data string

	bin     string
	command []string // that started the primary
	owner   *syscall.SysProcAttr
}

// StartCluster starts a stack and migrates its database. It ends with the test.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	stack, err := devstack.Start(t.Context(), devstack.Options{Dir: Folder(t), Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stack.Stop(context.Background())) })
	c := &Cluster{
		Primary: stack.Env()["DATABASE_URL"], Replica: stack.Env()["DATABASE_REPLICA_URLS"], Redis: stack.Env()["REDIS_URL"],
		Stack: stack,
	}
	c.bin = Programs(t, c.Primary)
	c.Data = Text(t, c.Primary, `SELECT current_setting('data_directory')`)
	started, err := os.ReadFile("/proc/" + Text(t, c.Primary, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`) + "/cmdline")
	require.NoError(t, err)
	c.command = strings.Split(strings.TrimSuffix(string(started), "\x00"), "\x00")
	owner, err := os.Stat(c.Data)
	require.NoError(t, err)
	of := owner.Sys().(*syscall.Stat_t)
	c.owner = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: of.Uid, Gid: of.Gid}}
	if os.Geteuid() != 0 {
		c.owner = nil // it is this user's own
	}
	require.NoError(t, migrations.Up(t.Context(), c.Primary))
	return c
}

// Programs is the folder of a server's own programs.
func Programs(t testing.TB, url string) string {
	t.Helper()
	pid := Text(t, url, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`)
	program, err := os.Readlink("/proc/" + pid + "/exe")
	require.NoError(t, err)
	return filepath.Dir(program)
}

// Command is one of the server's programs, as the data's owner.
func (c *Cluster) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(c.bin, program), args...)
	command.SysProcAttr, command.Dir = c.owner, filepath.Dir(c.Data)
	return command
}

// Run runs one of the server's programs to its end.
func (c *Cluster) Run(t testing.TB, program string, args ...string) {
	t.Helper()
	output, err := c.Command(t.Context(), program, args...).CombinedOutput()
	require.NoError(t, err, string(output))
}

// StopPrimary ends the primary. how is a mode of pg_ctl: fast, or immediate for a crash.
func (c *Cluster) StopPrimary(t testing.TB, how string) {
	t.Helper()
	c.Run(t, "pg_ctl", "stop", "-D", c.Data, "-m", how)
}

// StartPrimary starts the primary as it was started before, and waits until it answers.
// cleanup is what the end of the test is registered with: that of the outermost test.
func (c *Cluster) StartPrimary(t testing.TB, cleanup func(func())) {
	t.Helper()
	server := exec.Command(c.command[0], c.command[1:]...)
	server.SysProcAttr, server.Dir = c.owner, c.Data
	require.NoError(t, server.Start())
	cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // it may have ended
		_ = server.Wait()
	})
	WaitForServer(t, c.Primary)
}

// Configure changes a setting that the primary is started with, for its next start.
func (c *Cluster) Configure(name, value string) {
	for i, argument := range c.command {
		if strings.HasPrefix(argument, name+"=") {
			c.command[i] = name + "=" + value
		}
	}
}

// AddReplica copies the primary and starts the copy, which ends with the test.
func (c *Cluster) AddReplica(t testing.TB) (url string) {
	t.Helper()
	dir := filepath.Join(filepath.Dir(c.Data), "second")
	c.Run(t, "pg_basebackup", "--pgdata="+dir, "--dbname="+c.Primary, "--write-recovery-conf", "--checkpoint=fast")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	server := c.Command(context.WithoutCancel(t.Context()), "postgres", "-D", dir, "-p", fmt.Sprint(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "fsync=off", "-c", "wal_retrieve_retry_interval=100ms",
		"-c", "shared_preload_libraries=pg_stat_statements", "-c", "wal_level=logical", "-c", "timezone=UTC",
		"-c", "max_wal_senders=64", "-c", "max_prepared_transactions=16") // not less than the primary's
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		require.NoError(t, server.Process.Signal(syscall.SIGQUIT))
		_ = server.Wait()
	})
	primary := strings.Split(strings.SplitAfter(c.Primary, "@")[1], "/")[0]
	url = strings.Replace(c.Primary, primary, fmt.Sprint("127.0.0.1:", port), 1)
	WaitForServer(t, url)
	return url
}

// Position is the end of a primary's log.
func Position(t testing.TB, primary string) string {
	t.Helper()
	return Text(t, primary, `SELECT pg_current_wal_lsn()::text`)
}

// WaitReplayed waits until a replica has replayed the log up to a position.
func WaitReplayed(t testing.TB, replica, position string) {
	t.Helper()
	require.Eventually(t, func() bool {
		return Text(t, replica, `SELECT (pg_last_wal_replay_lsn() >= '`+position+`')::text`) == "true"
	}, Patience, Tick)
}

// PauseReplay returns when a replica replays nothing more.
func PauseReplay(t testing.TB, replica string) {
	t.Helper()
	Execute(t, replica, `SELECT pg_wal_replay_pause()`)
	require.Eventually(t, func() bool {
		return Text(t, replica, `SELECT pg_get_wal_replay_pause_state()`) == "paused"
	}, Patience, Tick)
}

// WaitForServer waits until a server takes connections: its port is open before.
func WaitForServer(t testing.TB, url string) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := pgx.Connect(t.Context(), url)
		if err == nil {
			_ = conn.Close(t.Context())
		}
		return err == nil
	}, Patience, Tick)
}
