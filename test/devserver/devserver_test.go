package devserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
)

// content is everything that the database holds: each row of each table.
func content(t *testing.T, url string) string {
	t.Helper()
	return harness.Text(t, url, `SELECT coalesce(string_agg(c.relname || ' ' ||
		query_to_xml('SELECT * FROM ' || c.oid::regclass || ' AS r ORDER BY r::text', true, true, '')::text, E'\n' ORDER BY c.relname), 'no tables')
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`)
}

// TestWhatAStartDoesToDatabases builds the program once, which takes seconds.
func TestWhatAStartDoesToDatabases(t *testing.T) {
	program := harness.Build(t)
	for name, run := range map[string]func(*testing.T, harness.Program){
		"a shop of somebody's own stays as it is": ownShopStays,
		"the demo is made where it is asked for":  demoIsMade,
		"databases of its own":                    ownDatabases,
	} {
		t.Run(name, func(t *testing.T) { run(t, program) })
	}
}

// ownShopStays points souk dev at databases that it did not start, on this machine, as
// make run does with DATABASE_URL set.
func ownShopStays(t *testing.T, program harness.Program) {
	for name, fill := range map[string]string{
		"empty":                     `SELECT`,
		"with a product and staff":  `INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'ada@example.com', 'Ada'); INSERT INTO products (id, slug, title) VALUES (gen_random_uuid(), 'lamp', 'Lamp')`,
		"with an old demo account":  `INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Sam Demo')`,
		"with the demo's customer":  `INSERT INTO customers (id, email, display_name) VALUES (gen_random_uuid(), 'customer@demo.souk', 'Mara Demo')`,
		"with a disabled demo user": `INSERT INTO staff (id, email, display_name, disabled_at) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Sam Demo', now())`,
	} {
		t.Run(name, func(t *testing.T) {
			db, dir := dbtest.New(t), harness.Folder(t)
			harness.Execute(t, db.PrimaryURL, fill)
			for _, listen := range []string{"127.0.0.1:0", "0.0.0.0:0"} {
				before := content(t, db.PrimaryURL)
				env := harness.Environment("DATABASE_URL="+db.PrimaryURL, "REDIS_URL="+db.RedisURL, "SOUK_LISTEN="+listen)
				said := program.Serve(t, dir, env, []string{"dev"}, func(string) {})
				require.Equal(t, before, content(t, db.PrimaryURL))
				require.NotContains(t, said, "demo-souk-2026")
				require.Equal(t, strings.Contains(fill, "demo.souk") && !strings.Contains(fill, "disabled_at"),
					strings.Contains(said, "demo accounts exist"), said)
			}
			list, err := exec.Command("sh", "-c", `cd "$1" && . .dev/env && "$2" staff list && test "$REDIS_URL" = "$3" && test -f "$SOUK_KEYS_FILE"`,
				"sh", dir, program.Path, db.RedisURL).CombinedOutput()
			require.NoError(t, err, "%s", list)
			require.Equal(t, strings.Contains(fill, "ada@"), strings.Contains(string(list), "ada@example.com"))
			info, err := os.Stat(filepath.Join(dir, ".dev", "env"))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it may contain a password")
		})
	}
	t.Run("not migrated", func(t *testing.T) {
		db, dir := dbtest.New(t), harness.Folder(t)
		harness.Execute(t, db.PrimaryURL, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
		for _, args := range [][]string{{"dev"}, {"dev", "--demo"}} {
			said, code := program.Run(t, dir, harness.Environment("DATABASE_URL="+db.PrimaryURL), args...)
			require.Equal(t, 1, code, said)
			require.Contains(t, said, "run souk migrate up")
			require.Equal(t, "no tables", content(t, db.PrimaryURL))
		}
	})
}

func demoIsMade(t *testing.T, program harness.Program) {
	db, dir := dbtest.New(t), harness.Folder(t)
	env := harness.Environment("DATABASE_URL=" + db.PrimaryURL)
	said := program.Serve(t, dir, env, []string{"dev", "--demo", "--products", "20"}, func(string) {})
	require.Contains(t, said, "filling it with a demo shop")
	require.Contains(t, said, `msg="demo account made, with the published password" email=staff@demo.souk`)
	require.Contains(t, said, "staff@demo.souk, password ")
	require.Equal(t, "20", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM products`))

	t.Run("and a production start and the doctor say so", func(t *testing.T) {
		keys := "SOUK_KEYS_FILE=" + filepath.Join(dir, ".dev", "keys.json")
		said := program.Serve(t, dir, append(env, keys), []string{"serve"}, func(string) {})
		require.Regexp(t, `"level":"WARN","msg":"demo accounts exist".*staff@demo.souk.*souk staff disable-demo`, said)
		said, code := program.Run(t, dir, append(env, keys), "doctor")
		require.Zero(t, code, said)
		require.Regexp(t, `note  demo accounts +staff@demo.souk, customer@demo.souk\n.*souk staff disable-demo`, said)

		said, code = program.Run(t, dir, env, "staff", "disable-demo")
		require.Zero(t, code, said)
		require.NotContains(t, program.Serve(t, dir, append(env, keys), []string{"serve"}, func(string) {}), "demo accounts exist")
	})
}

// ownDatabases starts souk dev without a database, and again from a shell that
// has sourced its env file.
func ownDatabases(t *testing.T, program harness.Program) {
	dir := harness.Folder(t)
	var url string
	said := program.Serve(t, dir, harness.Environment(), []string{"dev", "--no-demo"}, func(string) {
		sourced, err := exec.Command("sh", "-c", `. "$1/.dev/env" && echo "$DATABASE_URL"`, "sh", dir).Output()
		require.NoError(t, err)
		url = strings.TrimSpace(string(sourced))
		require.Equal(t, "0 0 0", harness.Text(t, url,
			`SELECT concat_ws(' ', (SELECT count(*) FROM products), (SELECT count(*) FROM staff), (SELECT count(*) FROM customers))`))

		said, code := program.Run(t, dir, harness.Environment(), "dev", "reset")
		require.Equal(t, 1, code, said)
		require.Contains(t, said, "already running")
		require.Contains(t, said, "Ctrl-C")
		require.Equal(t, "0", harness.Text(t, url, `SELECT count(*)::text FROM products`), "a reset is refused while it runs")
	})
	require.Contains(t, said, "souk staff create --email")
	require.NotContains(t, said, "demo-souk-2026")

	said = program.Serve(t, dir, harness.Environment("DATABASE_URL="+url), []string{"dev", "--products", "20"}, func(string) {
		require.Equal(t, "20", harness.Text(t, url, `SELECT count(*)::text FROM products`))
	})
	require.Contains(t, said, "the development stack is up")
	require.Contains(t, said, "staff@demo.souk, password ")

	require.NoError(t, os.WriteFile(filepath.Join(dir, ".dev", "notes.txt"), []byte("mine"), 0o600))
	said, code := program.Run(t, dir, harness.Environment(), "dev", "reset")
	require.Zero(t, code, said)
	left, err := filepath.Glob(filepath.Join(dir, ".dev", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, ".dev", "notes.txt")}, left, "what it did not make stays")
	require.NoError(t, os.Remove(left[0]))
	said, code = program.Run(t, dir, harness.Environment(), "dev", "reset")
	require.Zero(t, code, said)
	require.NoDirExists(t, filepath.Join(dir, ".dev"))
}
