//go:build linux

package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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
	s.postgres = harness.Postmaster(t, s.database)
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
	for _, pid := range harness.Family(s.postgres) {
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

// databaseCPU is the time that the cluster has used.
func (s *site) databaseCPU() (sum time.Duration) {
	for _, pid := range harness.Family(s.postgres) {
		sum += harness.CPU(pid)
	}
	return sum
}

// stall stops all that the database does, until resume. Its connections stay open
// and nobody answers: what a network that loses every packet looks like.
func (s *site) stall(t *testing.T) (resume func()) {
	t.Helper()
	stopped := harness.Family(s.postgres)
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
	*harness.Daemon
	site *site
}

// serve starts a server, which ends with the test.
func (s *site) serve(t *testing.T, settings ...string) *server {
	t.Helper()
	keys := filepath.Join(s.dir, "keys.json")
	if _, err := os.Stat(keys); err != nil {
		said, code := s.program.Run(t, s.dir, harness.Environment(), "keys", "new", "--file", keys)
		require.Zero(t, code, said)
	}
	process := exec.Command(s.program.Path, "serve")
	process.Dir = s.dir
	process.Env = append(harness.Environment(settings...),
		"DATABASE_URL="+s.database, "SOUK_KEYS_FILE="+keys, "SOUK_TRUSTED_PROXIES=127.0.0.0/8", "SOUK_OPS_LISTEN=127.0.0.1:0")
	v := &server{site: s}
	s.startOn(t, &s.theirs, func() { v.Daemon = harness.Launch(t, s.dir, process) })
	return v
}

// startOn runs start, which starts a process, so that the process is on some processors:
// a child begins where the thread is that makes it.
func (s *site) startOn(t *testing.T, on *unix.CPUSet, start func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	require.NoError(t, unix.SchedSetaffinity(0, on))
	defer func() { require.NoError(t, unix.SchedSetaffinity(0, &s.ours)) }()
	start()
}

// memory is the resident memory of the server, in MiB.
func (v *server) memory() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.PID))
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
	heap := v.AskOps(t, "/debug/pprof/heap?gc=1&debug=1")
	profile := v.AskOps(t, "/debug/pprof/goroutine?debug=1")
	return rest{
		goroutines: number(t, profile, `goroutine profile: total (\d+)`),
		heap:       number(t, heap, `# HeapAlloc = (\d+)`) >> 20,
	}
}

// gauge is a value among the server's metrics; 0 if it is not there.
func (v *server) gauge(t *testing.T, series string) float64 {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(v.AskOps(t, "/metrics")))
	sum := 0.0
	for lines.Scan() {
		if name, value, _ := strings.Cut(lines.Text(), " "); strings.HasPrefix(name, series) {
			n, _ := strconv.ParseFloat(value, 64)
			sum += n
		}
	}
	return sum
}

func number(t *testing.T, text, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, found, pattern)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}
