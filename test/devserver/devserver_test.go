package devserver

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
)

// patience bounds a start: the first one of a folder makes two clusters and fills a shop.
const patience = 2 * time.Minute

// souk builds the program.
func souk(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "souk")
	made, err := exec.Command("go", "build", "-o", program, "../..").CombinedOutput()
	require.NoError(t, err, "%s", made)
	return program
}

// folder is a working directory that the databases' user can enter, unlike t.TempDir's.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "souk-devserver-test-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// journal collects what a process says.
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

// environment is that of a shell in which only the given variables are set.
func environment(set ...string) []string {
	env := []string{"SOUK_LISTEN=127.0.0.1:0", "SOUK_OPS_LISTEN="}
	for _, variable := range os.Environ() {
		if !regexp.MustCompile(`^(SOUK_|DATABASE_|REDIS_)`).MatchString(variable) {
			env = append(env, variable)
		}
	}
	return append(env, set...)
}

// command runs souk to its end.
func command(t *testing.T, program, dir string, env []string, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, env
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(said), cmd.ProcessState.ExitCode()
}

// serving runs souk until it serves, then do, and then interrupts it.
func serving(t *testing.T, program, dir string, env []string, args []string, do func()) (output string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	said := &journal{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, said, said
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	last := map[string]string{"dev": "Ctrl-C stops everything", "serve": `"msg":"serving"`}[args[0]]
	up := func() bool { return strings.Contains(said.String(), last) }
	require.Eventually(t, func() bool {
		select {
		case err := <-ended:
			ended <- err
			return true
		default:
			return up()
		}
	}, patience, 20*time.Millisecond, "%s", said)
	require.True(t, up(), "it ended: %s", said)
	do()
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, <-ended, "%s", said)
	return said.String()
}

// content is everything that the database holds: each row of each table.
func content(t *testing.T, url string) string {
	t.Helper()
	return harness.Text(t, url, `SELECT coalesce(string_agg(c.relname || ' ' ||
		query_to_xml('SELECT * FROM ' || c.oid::regclass || ' AS r ORDER BY r::text', true, true, '')::text, E'\n' ORDER BY c.relname), 'no tables')
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`)
}

// TestAShopOfSomebodysOwnStaysAsItIs points souk dev at databases that it did not start,
// on this machine, as make run does with DATABASE_URL set.
func TestAShopOfSomebodysOwnStaysAsItIs(t *testing.T) {
	program := souk(t)
	for name, fill := range map[string]string{
		"empty":                     `SELECT`,
		"with a product and staff":  `INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'ada@example.com', 'Ada'); INSERT INTO products (id, slug, title) VALUES (gen_random_uuid(), 'lamp', 'Lamp')`,
		"with an old demo account":  `INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Sam Demo')`,
		"with the demo's customer":  `INSERT INTO customers (id, email, display_name) VALUES (gen_random_uuid(), 'customer@demo.souk', 'Mara Demo')`,
		"with a disabled demo user": `INSERT INTO staff (id, email, display_name, disabled_at) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Sam Demo', now())`,
	} {
		t.Run(name, func(t *testing.T) {
			db, dir := dbtest.New(t), folder(t)
			harness.Execute(t, db.PrimaryURL, fill)
			for _, listen := range []string{"127.0.0.1:0", "0.0.0.0:0"} {
				before := content(t, db.PrimaryURL)
				env := environment("DATABASE_URL="+db.PrimaryURL, "REDIS_URL="+db.RedisURL, "SOUK_LISTEN="+listen)
				said := serving(t, program, dir, env, []string{"dev"}, func() {})
				require.Equal(t, before, content(t, db.PrimaryURL))
				require.NotContains(t, said, "demo-souk-2026")
				require.Equal(t, strings.Contains(fill, "demo.souk") && !strings.Contains(fill, "disabled_at"),
					strings.Contains(said, "demo accounts exist"), said)
			}
			list, err := exec.Command("sh", "-c", `cd "$1" && . .dev/env && "$2" staff list && test "$REDIS_URL" = "$3" && test -f "$SOUK_KEYS_FILE"`,
				"sh", dir, program, db.RedisURL).CombinedOutput()
			require.NoError(t, err, "%s", list)
			require.Equal(t, strings.Contains(fill, "ada@"), strings.Contains(string(list), "ada@example.com"))
			info, err := os.Stat(filepath.Join(dir, ".dev", "env"))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it may contain a password")
		})
	}
	t.Run("not migrated", func(t *testing.T) {
		db, dir := dbtest.New(t), folder(t)
		harness.Execute(t, db.PrimaryURL, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
		for _, args := range [][]string{{"dev"}, {"dev", "--demo"}} {
			said, code := command(t, program, dir, environment("DATABASE_URL="+db.PrimaryURL), args...)
			require.Equal(t, 1, code, said)
			require.Contains(t, said, "run souk migrate up")
			require.Equal(t, "no tables", content(t, db.PrimaryURL))
		}
	})
}

func TestTheDemoIsMadeWhereItIsAskedFor(t *testing.T) {
	program, db, dir := souk(t), dbtest.New(t), folder(t)
	env := environment("DATABASE_URL=" + db.PrimaryURL)
	said := serving(t, program, dir, env, []string{"dev", "--demo", "--products", "20"}, func() {})
	require.Contains(t, said, "filling it with a demo shop")
	require.Contains(t, said, `msg="demo account made, with the published password" email=staff@demo.souk`)
	require.Contains(t, said, "staff@demo.souk, password ")
	require.Equal(t, "20", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM products`))

	t.Run("and a production start and the doctor say so", func(t *testing.T) {
		keys := "SOUK_KEYS_FILE=" + filepath.Join(dir, ".dev", "keys.json")
		said := serving(t, program, dir, append(env, keys), []string{"serve"}, func() {})
		require.Regexp(t, `"level":"WARN","msg":"demo accounts exist".*staff@demo.souk.*souk staff disable-demo`, said)
		said, code := command(t, program, dir, append(env, keys), "doctor")
		require.Zero(t, code, said)
		require.Regexp(t, `note  demo accounts +staff@demo.souk, customer@demo.souk\n.*souk staff disable-demo`, said)

		said, code = command(t, program, dir, env, "staff", "disable-demo")
		require.Zero(t, code, said)
		require.NotContains(t, serving(t, program, dir, append(env, keys), []string{"serve"}, func() {}), "demo accounts exist")
	})
}

// TestADatabaseOfItsOwn starts souk dev without a database, and again from a shell that
// has sourced its env file.
func TestADatabaseOfItsOwn(t *testing.T) {
	program, dir := souk(t), folder(t)
	var url string
	said := serving(t, program, dir, environment(), []string{"dev", "--no-demo"}, func() {
		sourced, err := exec.Command("sh", "-c", `. "$1/.dev/env" && echo "$DATABASE_URL"`, "sh", dir).Output()
		require.NoError(t, err)
		url = strings.TrimSpace(string(sourced))
		require.Equal(t, "0 0 0", harness.Text(t, url,
			`SELECT concat_ws(' ', (SELECT count(*) FROM products), (SELECT count(*) FROM staff), (SELECT count(*) FROM customers))`))

		said, code := command(t, program, dir, environment(), "dev", "reset")
		require.Equal(t, 1, code, said)
		require.Contains(t, said, "already running")
		require.Contains(t, said, "Ctrl-C")
		require.Equal(t, "0", harness.Text(t, url, `SELECT count(*)::text FROM products`), "a reset is refused while it runs")
	})
	require.Contains(t, said, "souk staff create --email")
	require.NotContains(t, said, "demo-souk-2026")

	said = serving(t, program, dir, environment("DATABASE_URL="+url), []string{"dev", "--products", "20"}, func() {
		require.Equal(t, "20", harness.Text(t, url, `SELECT count(*)::text FROM products`))
	})
	require.Contains(t, said, "the development stack is up")
	require.Contains(t, said, "staff@demo.souk, password ")

	require.NoError(t, os.WriteFile(filepath.Join(dir, ".dev", "notes.txt"), []byte("mine"), 0o600))
	said, code := command(t, program, dir, environment(), "dev", "reset")
	require.Zero(t, code, said)
	left, err := filepath.Glob(filepath.Join(dir, ".dev", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, ".dev", "notes.txt")}, left, "what it did not make stays")
	require.NoError(t, os.Remove(left[0]))
	said, code = command(t, program, dir, environment(), "dev", "reset")
	require.Zero(t, code, said)
	require.NoDirExists(t, filepath.Join(dir, ".dev"))
}
