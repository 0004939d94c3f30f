//go:build linux

package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"souk/internal/devstack"
	"souk/migrations"
	"souk/test/catalogue"
	"souk/test/harness"
)

// products of the shop.
const products = 2000

// site is a database of the test's own, on the first half of the processors. The test
// and its attackers have the other half: what they do is not the server's work.
type site struct {
	program  harness.Program
	database string
	dir      string
	postgres int // the process that the others descend from
	ours     unix.CPUSet
	theirs   unix.CPUSet
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{program: harness.Build(t), dir: harness.Folder(t)}
	stack, err := devstack.Start(t.Context(), devstack.Options{Dir: filepath.Join(s.dir, "stack"), Fast: true, WithoutReplica: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stack.Stop(context.Background())) })
	s.database = stack.Env()["DATABASE_URL"]
	require.NoError(t, migrations.Up(t.Context(), s.database))
	require.NoError(t, catalogue.Fill(t.Context(), s.database, products))
	s.postgres, err = strconv.Atoi(harness.Text(t, s.database, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`))
	require.NoError(t, err)
	s.divide(t)
	return s
}

// divide gives each side its processors. On a machine with one they share it.
func (s *site) divide(t *testing.T) {
	t.Helper()
	var all unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &all))
	n := 0
	for cpu := range len(all) * 64 {
		if !all.IsSet(cpu) {
			continue
		}
		if n < all.Count()/2 {
			s.theirs.Set(cpu)
		} else {
			s.ours.Set(cpu)
		}
		n++
	}
	if all.Count() == 1 {
		s.theirs = all
	}
	for _, pid := range s.databaseProcesses() {
		if err := unix.SchedSetaffinity(pid, &s.theirs); !errors.Is(err, unix.ESRCH) { // it has ended
			require.NoError(t, err)
		}
	}
	s.moveThreads(&s.ours)
	before := runtime.GOMAXPROCS(s.ours.Count())
	t.Cleanup(func() {
		s.moveThreads(&all)
		runtime.GOMAXPROCS(before)
	})
}

// moveThreads moves this process. Its new threads go where that is that makes them.
func (s *site) moveThreads(to *unix.CPUSet) {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, thread := range threads {
		id, _ := strconv.Atoi(thread.Name())
		_ = unix.SchedSetaffinity(id, to) // fails for a thread that has ended
	}
}

// databaseProcesses are those of the cluster, the first one first.
func (s *site) databaseProcesses() []int {
	pids := []int{s.postgres}
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		if stat := statOf(file); len(stat) > 1 && stat[1] == fmt.Sprint(s.postgres) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// statOf are the fields of a process's stat, from its state on; none if it has ended.
func statOf(file string) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return strings.Fields(after)
}

// cpu is the time that a process has used, and the children that it has waited for.
func cpu(pid int) time.Duration {
	stat := statOf(fmt.Sprintf("/proc/%d/stat", pid))
	if len(stat) < 15 {
		return 0
	}
	ticks := 0
	for _, field := range stat[11:15] {
		n, _ := strconv.Atoi(field)
		ticks += n
	}
	const tick = 10 * time.Millisecond // of Linux, wherever Go runs
	return time.Duration(ticks) * tick
}

// databaseCPU is the time that the cluster has used.
func (s *site) databaseCPU() (sum time.Duration) {
	for _, pid := range s.databaseProcesses() {
		sum += cpu(pid)
	}
	return sum
}

// stall stops all that the database does, until resume. Its connections stay open
// and nobody answers: what a network that loses every packet looks like.
func (s *site) stall(t *testing.T) (resume func()) {
	t.Helper()
	stopped := s.databaseProcesses()
	for _, pid := range stopped {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // one may just have ended
	}
	return func() {
		for _, pid := range stopped {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
}

// server is a server that runs as a process of its own.
type server struct {
	site     *site
	api, ops string
	pid      int
}

// serve starts a server, which ends with the test.
func (s *site) serve(t *testing.T, settings ...string) *server {
	t.Helper()
	keys := filepath.Join(s.dir, "keys.json")
	if _, err := os.Stat(keys); err != nil {
		said, code := s.program.Run(t, s.dir, harness.Environment(), "keys", "new", "--file", keys)
		require.Zero(t, code, said)
	}
	log, err := os.CreateTemp(s.dir, "log")
	require.NoError(t, err)
	defer log.Close()
	process := exec.Command(s.program.Path, "serve")
	process.Dir, process.Stdout, process.Stderr = s.dir, log, log
	process.Env = append(harness.Environment(settings...),
		"DATABASE_URL="+s.database, "SOUK_KEYS_FILE="+keys, "SOUK_TRUSTED_PROXIES=127.0.0.0/8", "SOUK_OPS_LISTEN=127.0.0.1:0")
	s.start(t, process, &s.theirs)
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGINT)
		_ = process.Wait()
	})
	v := &server{site: s, pid: process.Process.Pid}
	require.Eventually(t, func() bool {
		said, _ := os.ReadFile(log.Name())
		v.api, v.ops = field(said, "api"), field(said, "ops")
		return strings.Contains(string(said), `"msg":"started"`)
	}, harness.Patience, harness.Tick)
	return v
}

func field(log []byte, name string) string {
	if found := regexp.MustCompile(`"` + name + `":"([^"]+)"`).FindSubmatch(log); found != nil {
		return string(found[1])
	}
	return ""
}

// start starts a process on some processors: a child begins where the thread is that
// makes it.
func (s *site) start(t *testing.T, process *exec.Cmd, on *unix.CPUSet) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	require.NoError(t, unix.SchedSetaffinity(0, on))
	defer func() { require.NoError(t, unix.SchedSetaffinity(0, &s.ours)) }()
	require.NoError(t, process.Start())
}

// memory is the resident memory of the server, in MiB.
func (v *server) memory() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.pid))
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	kib, _ := strconv.Atoi(string(found[1]))
	return kib >> 10
}

// rest is what a server has when nobody asks for anything.
type rest struct {
	goroutines int
	heap       int // MiB, after a collection
}

func (v *server) rest(t *testing.T) rest {
	t.Helper()
	heap := v.get(t, "/debug/pprof/heap?gc=1&debug=1")
	profile := v.get(t, "/debug/pprof/goroutine?debug=1")
	return rest{
		goroutines: number(t, profile, `goroutine profile: total (\d+)`),
		heap:       number(t, heap, `# HeapAlloc = (\d+)`) >> 20,
	}
}

// gauge is a value among the server's metrics; 0 if it is not there.
func (v *server) gauge(t *testing.T, series string) float64 {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(v.get(t, "/metrics")))
	sum := 0.0
	for lines.Scan() {
		if name, value, _ := strings.Cut(lines.Text(), " "); strings.HasPrefix(name, series) {
			n, _ := strconv.ParseFloat(value, 64)
			sum += n
		}
	}
	return sum
}

func (v *server) get(t *testing.T, path string) string {
	t.Helper()
	response, err := http.Get("http://" + v.ops + path)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}

func number(t *testing.T, text, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, found, pattern)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}
