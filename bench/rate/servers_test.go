package rate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
)

// conns is the size of each server's pool: what Souk's server has by default on two cores.
const conns = 8

// byHand is the name of the server that the others are compared with.
const byHand = "by hand"

// server is one of those that are compared.
type server struct {
	*harness.Daemon
	name string
}

// url is where it answers.
func (s *server) url() string { return "http://" + s.API + "/graphql" }

// launchAll starts the servers on a database's primary: "behind edge" is the server by hand
// behind the middleware of Souk's, gqlgen is Souk's server with gqlgen's executor, and the one
// with caches keeps what it reads in memory.
func launchAll(t *testing.T, db *dbtest.DB) []*server {
	t.Helper()
	dir := harness.Folder(t)
	return []*server{
		launchByHand(t, db, dir, byHand),
		launchByHand(t, db, dir, "behind edge", "-middleware"),
		launchSouk(t, db, dir, "Souk", "SOUK_EXECUTOR="+string(config.BreadthFirst)),
		launchSouk(t, db, dir, "Souk with caches", "SOUK_CACHE_MEMORY_BYTES="+strconv.Itoa(128<<20)),
		launchSouk(t, db, dir, "gqlgen", "SOUK_EXECUTOR="+string(config.Gqlgen)),
	}
}

// launchSouk starts Souk's server as it is in production, with all of its middleware, and
// with one setting that differs. It
// refuses nothing, since more than it can do is what it is sent.
func launchSouk(t *testing.T, db *dbtest.DB, dir, name, setting string) *server {
	t.Helper()
	program := harness.Build(t)
	keys := filepath.Join(dir, "keys.json")
	if _, err := os.Stat(keys); err != nil {
		said, code := program.Run(t, dir, harness.Environment(), "keys", "new", "--file", keys)
		require.Zero(t, code, said)
	}
	command := exec.Command(program.Path, "serve")
	command.Dir = dir
	command.Env = append(harness.Environment(), "DATABASE_URL="+db.PrimaryURL, "SOUK_KEYS_FILE="+keys, "SOUK_OPS_LISTEN=127.0.0.1:0",
		"SOUK_MAX_CONCURRENCY=0", "SOUK_DATABASE_MAX_CONNS="+strconv.Itoa(conns), setting)
	return &server{harness.Launch(t, dir, command), name}
}

// launchByHand builds and starts the server that is written by hand.
func launchByHand(t *testing.T, db *dbtest.DB, dir, name string, flags ...string) *server {
	t.Helper()
	program := filepath.Join(dir, "byhand")
	said, err := exec.Command("go", "build", "-o", program, "souk/bench/byhand").CombinedOutput()
	require.NoError(t, err, "%s", said)
	flags = append(flags, "-database", db.PrimaryURL, "-conns", strconv.Itoa(conns))
	return &server{harness.Launch(t, dir, exec.Command(program, flags...)), name}
}

// data is the data of the answer to an operation, as it came.
func (s *server) data(t *testing.T, o operation) string {
	t.Helper()
	response, err := http.Post(s.url(), "application/json", bytes.NewReader(o.body(t)))
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", s.name, text)
	var answer struct{ Data, Errors json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &answer), "%s: %s", s.name, text)
	require.Empty(t, answer.Errors, s.name)
	return string(answer.Data)
}

// save writes a profile of the next seconds to a file.
func (s *server) save(profile string, seconds int, file string) error {
	response, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/%s?seconds=%d", s.Ops, profile, seconds))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
