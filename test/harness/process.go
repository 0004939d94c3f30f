package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/devstack"
)

// startPatience bounds a start: the first one of a folder makes two clusters and fills
// a shop.
const startPatience = 2 * time.Minute

// Program is the built binary.
type Program struct {
	// Path is its file.
	Path string
}

// Build builds the program where "make build" does. If it is there and up to date, the go
// command only finds that out, in a tenth of the time. The test's package is two folders
// below the module's.
func Build(t testing.TB) Program {
	t.Helper()
	path, err := filepath.Abs("../../bin/souk")
	require.NoError(t, err)
	made, err := exec.Command("go", "build", "-o", path, "../..").CombinedOutput()
	require.NoError(t, err, "%s", made)
	return Program{path}
}

// Folder is a new folder that the databases' user can enter, unlike t.TempDir's.
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := devstack.TemporaryDir("souk-test-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// Environment is that of a shell in which only the given variables of Souk are set. Free ports
// are used, and nothing is kept in caches.
func Environment(set ...string) []string {
	ours := regexp.MustCompile(`^(SOUK_|DATABASE_|REDIS_)`)
	env := []string{"SOUK_LISTEN=127.0.0.1:0", "SOUK_OPS_LISTEN=", "SOUK_CACHE_MEMORY_BYTES=0"}
	for _, variable := range os.Environ() {
		if !ours.MatchString(variable) {
			env = append(env, variable)
		}
	}
	return append(env, set...)
}

// Run runs the program to its end.
func (p Program) Run(t testing.TB, dir string, env []string, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(p.Path, args...)
	cmd.Dir, cmd.Env = dir, env
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(said), cmd.ProcessState.ExitCode()
}

// Serve runs "souk dev" or "souk serve" until it serves, then do with the address of the
// API, or of "souk worker" with that of its metrics, and then interrupts it. It returns all that the program said.
func (p Program) Serve(t testing.TB, dir string, env, args []string, do func(api string)) (output string) {
	t.Helper()
	cmd := exec.Command(p.Path, args...)
	said := &Log{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, said, said
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	last := map[string]string{"dev": "Ctrl-C stops everything", "serve": `"msg":"started"`, "worker": `"msg":"started"`}[args[0]]
	address := regexp.MustCompile(`(?:api|ops)"?[=:]"?([^ "]+)`)
	var failure error
	var found []string
	require.Eventually(t, func() bool {
		select {
		case failure = <-ended:
			ended <- failure
			return true
		default:
			// The log is written in the background, and so later than what is printed after it.
			text := said.String()
			found = address.FindStringSubmatch(text)
			return found != nil && strings.Contains(text, last)
		}
	}, startPatience, Tick, "%s", said)
	require.NotNil(t, found, "it ended: %v\n%s", failure, said)
	do(found[1])
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, <-ended, "%s", said)
	return said.String()
}
