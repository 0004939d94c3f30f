package harness

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Daemon is a server that runs as a process of its own.
type Daemon struct {
	// PID is its process.
	PID int
	// API and Ops are its addresses: host and port.
	API, Ops string
	// Log is the file with what it says.
	Log string
}

// Launch starts a server and waits until it says that it has started. It ends with the
// test. dir is for its log.
func Launch(t testing.TB, dir string, command *exec.Cmd) *Daemon {
	t.Helper()
	log, err := os.CreateTemp(dir, "log")
	require.NoError(t, err)
	require.NoError(t, log.Close())
	// A log that is cut short while the server writes goes on at its end.
	log, err = os.OpenFile(log.Name(), os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGINT) // it may have ended
		_ = command.Wait()
	})
	d := &Daemon{PID: command.Process.Pid, Log: log.Name()}
	require.Eventually(t, func() bool {
		said, _ := os.ReadFile(d.Log)
		d.API, d.Ops = field(said, "api"), field(said, "ops")
		return strings.Contains(string(said), `"msg":"started"`)
	}, Patience, Tick, "%s", command)
	return d
}

func field(log []byte, name string) string {
	if found := regexp.MustCompile(`"` + name + `":"([^"]+)"`).FindSubmatch(log); found != nil {
		return string(found[1])
	}
	return ""
}

// AskOps gets a path of the operators' listener.
func (d *Daemon) AskOps(t testing.TB, path string) string {
	t.Helper()
	response, err := http.Get("http://" + d.Ops + path)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", text)
	return string(text)
}

// CPU is the time that a process has used, and the children that it has waited for. It is
// 0 if the process has ended, and where there is no /proc.
func CPU(pid int) time.Duration {
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

// Family is a process and its children, such as those of a Postgres server.
func Family(pid int) []int {
	pids := []int{pid}
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		if stat := statOf(file); len(stat) > 1 && stat[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, child)
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

// Postmaster is the first process of the Postgres server at an address.
func Postmaster(t testing.TB, url string) int {
	t.Helper()
	pid, err := strconv.Atoi(Text(t, url, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`))
	require.NoError(t, err)
	return pid
}
