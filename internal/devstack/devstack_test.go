package devstack_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/devstack"
)

// asRunner makes the test program be the process that the tests kill: it starts
// the stack of the folder, says so, and waits.
const asRunner = "SOUK_DEVSTACK_TEST_RUNNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asRunner); dir != "" {
		runStackForever(dir)
	}
	goleak.VerifyTestMain(m)
}

func runStackForever(dir string) {
	if _, err := devstack.Start(context.Background(), devstack.Options{Dir: dir, Fast: true}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("up")
	select {}
}

// startRunner returns once the process runs the stack of dir.
func startRunner(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asRunner+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said := make([]byte, 512)
	n, err := out.Read(said)
	require.NoError(t, err)
	require.Equal(t, "up\n", string(said[:n]))
	return cmd
}

// folder is one that the databases' user can enter, unlike t.TempDir's.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := devstack.TemporaryDir("souk-devstack-test-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, ".dev")
}

// journal is a log that a test can search.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func start(t *testing.T, o devstack.Options) (*devstack.Stack, *journal) {
	t.Helper()
	log := &journal{}
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	began := time.Now()
	s, err := devstack.Start(t.Context(), o)
	require.NoError(t, err)
	t.Logf("up in %s", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() { stop(t, s) })
	return s, log
}

func stop(t *testing.T, s *devstack.Stack) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, s.Stop(ctx))
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	_, err := connect(t, url).Exec(t.Context(), sql)
	require.NoError(t, err)
}

func number(t *testing.T, url, sql string) int {
	t.Helper()
	var n int
	require.NoError(t, connect(t, url).QueryRow(t.Context(), sql).Scan(&n))
	return n
}

// eventually waits for what a query on the replica says.
func eventually(t *testing.T, url, sql string, want int) {
	t.Helper()
	conn := connect(t, url)
	require.Eventually(t, func() bool {
		var n int
		err := conn.QueryRow(context.Background(), sql).Scan(&n)
		return err == nil && n == want
	}, 20*time.Second, 10*time.Millisecond)
}

// servers lists the processes whose arguments or folder lie in dir.
func servers(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var found []string
	for _, entry := range entries {
		cwd, err := os.Readlink(filepath.Join(entry, "cwd"))
		if err == nil && strings.HasPrefix(cwd, dir) {
			found = append(found, filepath.Base(entry))
		}
	}
	return found
}

func processOf(t *testing.T, dir, server string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "data", server, "postmaster.pid"))
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	return pid
}

func TestKeepsDataAndAddressesOverARestart(t *testing.T) {
	dir := folder(t)
	first, _ := start(t, devstack.Options{Dir: dir})
	env := first.Env()
	require.Contains(t, env, "DATABASE_URL")
	require.Contains(t, env, "DATABASE_REPLICA_URLS")
	require.Contains(t, env, "REDIS_URL")
	execute(t, env["DATABASE_URL"], `CREATE TABLE kept AS SELECT 42 AS n`)
	eventually(t, env["DATABASE_REPLICA_URLS"], `SELECT n FROM kept`, 42)
	for _, extension := range []string{"pg_trgm", "unaccent", "fuzzystrmatch", "pg_stat_statements"} {
		execute(t, env["DATABASE_URL"], `CREATE EXTENSION `+extension)
	}

	sourced, err := exec.Command("sh", "-c", `. "$1" && echo "$DATABASE_URL"`, "sh", filepath.Join(dir, "env")).Output()
	require.NoError(t, err)
	require.Equal(t, env["DATABASE_URL"]+"\n", string(sourced))

	stop(t, first)
	stop(t, first)
	require.Empty(t, servers(t, dir), "a stopped stack leaves no process")

	began := time.Now()
	second, _ := start(t, devstack.Options{Dir: dir})
	require.Less(t, time.Since(began), 5*time.Second)
	require.Equal(t, env, second.Env())
	require.Equal(t, 42, number(t, env["DATABASE_URL"], `SELECT n FROM kept`))
	execute(t, env["DATABASE_URL"], `UPDATE kept SET n = 43`)
	eventually(t, env["DATABASE_REPLICA_URLS"], `SELECT n FROM kept`, 43)
}

func TestSecondStackInTheSameFolderIsRefused(t *testing.T) {
	dir := folder(t)
	start(t, devstack.Options{Dir: dir, Fast: true, WithoutReplica: true})
	_, err := devstack.Start(t.Context(), devstack.Options{Dir: dir})
	require.ErrorIs(t, err, devstack.ErrRunning)
	require.ErrorContains(t, err, strconv.Itoa(os.Getpid()))
	require.NotContains(t, err.Error(), "\n")
}

func TestServersEndWithTheirKilledParent(t *testing.T) {
	dir := folder(t)
	runner := startRunner(t, dir)
	require.NotEmpty(t, servers(t, dir))
	require.NoError(t, runner.Process.Kill())
	_ = runner.Wait()
	require.Eventually(t, func() bool { return len(servers(t, dir)) == 0 }, 20*time.Second, 20*time.Millisecond)
	start(t, devstack.Options{Dir: dir, Fast: true})
}

func TestRecoversWhenEverythingWasKilled(t *testing.T) {
	dir := folder(t)
	runner := startRunner(t, dir)
	require.NoError(t, syscall.Kill(processOf(t, dir, "primary"), syscall.SIGKILL))
	require.NoError(t, syscall.Kill(processOf(t, dir, "replica"), syscall.SIGKILL))
	require.NoError(t, runner.Process.Kill())
	_ = runner.Wait()
	s, _ := start(t, devstack.Options{Dir: dir, Fast: true})
	execute(t, s.Env()["DATABASE_URL"], `CREATE TABLE after_crash AS SELECT 1 AS n`)
	eventually(t, s.Env()["DATABASE_REPLICA_URLS"], `SELECT n FROM after_crash`, 1)
}

// TestEndsOrphans holds for systems where children outlive a killed parent, and
// for servers that were started by hand: the replica is one that nobody waits for.
func TestEndsOrphans(t *testing.T) {
	dir := folder(t)
	first, _ := start(t, devstack.Options{Dir: dir, Fast: true})
	port := first.Env()["DATABASE_URL"]
	stop(t, first)

	data := filepath.Join(dir, "data", "primary")
	info, err := os.Stat(data)
	require.NoError(t, err)
	owner := info.Sys().(*syscall.Stat_t)
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	require.NoError(t, err)
	if len(programs) == 0 {
		t.Skip("needs Debian's Postgres")
	}
	orphan := exec.Command(programs[0], "-D", data, "-c", "unix_socket_directories=", "-c", "port="+portOf(t, port))
	orphan.Dir = data
	if os.Geteuid() == 0 {
		orphan.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	require.NoError(t, orphan.Start())
	ended := make(chan error, 1)
	go func() { ended <- orphan.Wait() }()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", portOf(t, port)))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)

	second, log := start(t, devstack.Options{Dir: dir, Fast: true})
	require.NoError(t, <-ended)
	require.Contains(t, log.String(), "left behind")
	require.Equal(t, first.Env(), second.Env(), "the orphan's port is free again")
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	require.NoError(t, err)
	return strconv.Itoa(int(config.Port))
}

func TestStalePidFileOfALivingStrangerIsIgnored(t *testing.T) {
	dir := folder(t)
	first, _ := start(t, devstack.Options{Dir: dir, Fast: true, WithoutReplica: true})
	stop(t, first)
	path := filepath.Join(dir, "data", "primary", "postmaster.pid")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, "%d\n%s\n", os.Getppid(), filepath.Dir(path)), 0o644))
	start(t, devstack.Options{Dir: dir, Fast: true, WithoutReplica: true})
}

func TestTakenPortIsReplaced(t *testing.T) {
	dir := folder(t)
	first, _ := start(t, devstack.Options{Dir: dir, Fast: true})
	taken := portOf(t, first.Env()["DATABASE_URL"])
	stop(t, first)
	listener, err := net.Listen("tcp", "127.0.0.1:"+taken)
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()

	second, log := start(t, devstack.Options{Dir: dir, Fast: true})
	require.NotEqual(t, taken, portOf(t, second.Env()["DATABASE_URL"]))
	require.Contains(t, log.String(), taken)
	execute(t, second.Env()["DATABASE_URL"], `CREATE TABLE moved AS SELECT 1 AS n`)
	eventually(t, second.Env()["DATABASE_REPLICA_URLS"], `SELECT n FROM moved`, 1)
}
