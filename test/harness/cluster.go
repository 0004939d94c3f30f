package harness

import (
	"context"
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
	// Primary and Replica are addresses.
	Primary, Replica string
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
	c := &Cluster{Primary: stack.Env()["DATABASE_URL"], Replica: stack.Env()["DATABASE_REPLICA_URLS"]}
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
