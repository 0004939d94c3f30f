package faults

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

const childDatabase = "SOUK_TEST_CHILD_DATABASE"

// TestServeInAChild is no test: startChild runs it as a process of its own, which
// serves until its standard input ends.
func TestServeInAChild(t *testing.T) {
	url := os.Getenv(childDatabase)
	if url == "" {
		t.Skip("is run by another test")
	}
	server := harness.Start(t, &dbtest.DB{PrimaryURL: url}, harness.AsStaff(auth.CatalogueWrite), func(s *harness.Setup) {
		s.Config.ReplicaURLs = nil
	})
	fmt.Println("serving", server.URL, server.Credential())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// startChild runs a server in a process of its own.
func startChild(t *testing.T, database string) (url, credential string, process *exec.Cmd) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServeInAChild$")
	child.Env = append(os.Environ(), childDatabase+"="+database)
	_, err := child.StdinPipe() // which ends with this process
	require.NoError(t, err)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			url, credential, _ = strings.Cut(rest, " ")
			return url, credential, child
		}
	}
	require.Fail(t, "the child does not serve")
	return "", "", nil
}

// TestAKilledServer kills the process that makes a change, at each of its steps.
func TestAKilledServer(t *testing.T) {
	db := shop.New(t)
	f := &faulty{db: db, proxy: dbtest.NewProxy(t, db.PrimaryURL)}
	n := 0
	for name, tc := range map[string]struct {
		at   dbtest.Cut // NoCut: while it waits for the row
		then func(*dbtest.Proxy)
		want int
	}{
		"before the write: nothing saved, nothing locked":     {dbtest.NoCut, nil, 0},
		"before its COMMIT arrives: nothing saved":            {dbtest.HoldCommit, (*dbtest.Proxy).Drop, 0},
		"with its COMMIT on the way: all of it saved":         {dbtest.HoldCommit, (*dbtest.Proxy).Release, 1},
		"between commit and answer: all of it saved, at once": {dbtest.HoldAnswer, (*dbtest.Proxy).Drop, 1},
	} {
		n++
		title := fmt.Sprint("killed", n)
		t.Run(name, func(t *testing.T) {
			url, credential, child := startChild(t, f.proxy.URL)
			unlock := func() {}
			reached := f.proxy.Arm(tc.at)
			if tc.at == dbtest.NoCut {
				unlock = f.lockShirt(t)
			}
			done := rename(t.Context(), url, credential, title)
			if tc.at == dbtest.NoCut {
				f.waitForLock(t, 1)
			} else {
				reach(t, reached)
			}
			require.NoError(t, child.Process.Kill())
			require.Error(t, wait(t, done).err, "the client has no answer")
			unlock()
			if tc.then != nil {
				tc.then(f.proxy)
			}
			f.waitNoWrites(t)
			require.Equal(t, tc.want, savedTimes(t, db.PrimaryURL, title))
			again, credential, _ := startChild(t, f.proxy.URL)
			got := wait(t, rename(t.Context(), again, credential, title))
			require.NoError(t, got.err)
			require.Empty(t, got.Errors)
			require.Equal(t, 1, savedTimes(t, db.PrimaryURL, title), "sent again, it is there once")
		})
	}
}

// waitNoWrites waits until no transaction of a server writes any more.
func (f *faulty) waitNoWrites(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		return harness.Text(t, f.db.PrimaryURL, `SELECT count(*)::text FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'souk' AND backend_xid IS NOT NULL`) == "0"
	}, harness.Patience, harness.Tick)
}
