package jobs

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/app"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/jobs"
	"souk/test/harness"
)

// What a child learns from its environment.
const (
	childDatabase    = "SOUK_TEST_CHILD_DATABASE"
	childConcurrency = "SOUK_TEST_CHILD_CONCURRENCY"
	childPooler      = "SOUK_TEST_CHILD_POOLER" // if set, the database is behind a pooler
)

// silence is after how long without a sign of life the tests' workers count as dead: in a
// short run less than operators have.
func silence() time.Duration {
	if dbtest.Full() {
		return jobs.DefaultSilence
	}
	return 2 * time.Second
}

// TestWorkInAChild is no test: startWorker runs it as a process of its own, which runs jobs
// until its standard input ends.
func TestWorkInAChild(t *testing.T) {
	url := os.Getenv(childDatabase)
	if url == "" {
		t.Skip("is run by another test")
	}
	concurrency, err := strconv.Atoi(os.Getenv(childConcurrency))
	require.NoError(t, err)
	worker, err := app.NewWorker(t.Context(), config.Worker{
		Database: config.Database{DatabaseURL: url, MaxConns: 20, TransactionPooler: os.Getenv(childPooler) != ""}, Jobs: config.Jobs{JobsConcurrency: concurrency}, Env: config.Production,
	}, app.Options{WorkerSilence: silence()})
	require.NoError(t, err)
	require.NoError(t, worker.Start(t.Context()))
	fmt.Println("working")
	_, _ = io.Copy(io.Discard, os.Stdin)
	require.NoError(t, worker.Stop(context.Background()))
}

// process is a worker in a process of its own.
type process struct{ *exec.Cmd }

// startWorker starts a worker process. env are more variables for it.
func startWorker(t *testing.T, database string, concurrency int, env ...string) process {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestWorkInAChild$")
	child.Env = append(os.Environ(), childDatabase+"="+database, childConcurrency+"="+strconv.Itoa(concurrency))
	child.Env = append(child.Env, env...)
	_, err := child.StdinPipe() // which ends with this process
	require.NoError(t, err)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	said := &harness.Log{}
	child.Stderr = said
	require.NoError(t, child.Start())
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if strings.Contains(lines.Text(), "working") {
			return process{child}
		}
	}
	require.Fail(t, "the child does not work", "%s", said)
	return process{}
}

// kill ends the process as the system does that has no memory left.
func (p process) kill(t testing.TB) {
	t.Helper()
	require.NoError(t, p.Process.Kill())
	_ = p.Wait()
}
