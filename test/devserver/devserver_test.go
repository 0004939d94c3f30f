package devserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/password"
	"souk/internal/dbtest"
	"souk/test/harness"
)

// content is everything that the database holds, each row of each table, but for the
// accounts that a worker keeps of its jobs.
func content(t *testing.T, url string) string {
	t.Helper()
	return harness.Text(t, url, `SELECT coalesce(string_agg(c.relname || ' ' ||
		query_to_xml('SELECT * FROM ' || c.oid::regclass || ' AS r ORDER BY r::text', true, true, '')::text, E'\n' ORDER BY c.relname), 'no tables')
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
			AND c.relname !~ '^(river_|job_)'`)
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
	published, own := hash(t, "demo-souk-2026"), hash(t, "a password that nobody else knows")
	for name, fill := range map[string]string{
		"empty":                     `SELECT`,
		"with a product and staff":  `INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'ada@example.com', 'Ada'); INSERT INTO products (id, slug, title) VALUES (gen_random_uuid(), 'lamp', 'Lamp')`,
		"with an old demo account":  `INSERT INTO staff (id, email, display_name, password_hash) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Sam Demo', '` + published + `')`,
		"with the demo's customer":  `INSERT INTO customers (id, email, display_name, password_hash) VALUES (gen_random_uuid(), 'customer@demo.souk', 'Mara Demo', '` + published + `')`,
		"with a disabled demo user": `INSERT INTO staff (id, email, display_name, password_hash, disabled_at) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Sam Demo', '` + published + `', now())`,
		"with the demo's address":   `INSERT INTO staff (id, email, display_name, password_hash) VALUES (gen_random_uuid(), 'staff@demo.souk', 'Own password', '` + own + `')`,
	} {
		t.Run(name, func(t *testing.T) {
			db, dir := dbtest.New(t), harness.Folder(t)
			harness.Execute(t, db.PrimaryURL, fill)
			for _, listen := range []string{"127.0.0.1:0", "0.0.0.0:0"} {
				before := content(t, db.PrimaryURL)
				env := harness.Environment("DATABASE_URL="+db.PrimaryURL, "REDIS_URL="+db.RedisURL, "SOUK_LISTEN="+listen)
				said := program.Serve(t, dir, env, []string{"dev"}, func(string) {
					said, code := program.Run(t, dir, env, "dev", "reset")
					require.Equal(t, 1, code, said)
					require.Contains(t, said, "already running")
				})
				require.Equal(t, before, content(t, db.PrimaryURL))
				require.NotContains(t, said, "demo-souk-2026")
				require.Equal(t, strings.Contains(fill, published) && !strings.Contains(fill, "disabled_at"),
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

	sourced := harness.Environment("DATABASE_URL="+url, "SOUK_KEYS_FILE="+filepath.Join(dir, ".dev", "keys.json"))
	has := func(products, staff string) func(string) {
		return func(string) {
			require.Equal(t, products, harness.Text(t, url, `SELECT count(*)::text FROM products`))
			require.Equal(t, staff, harness.Text(t, url, `SELECT count(*)::text FROM staff WHERE disabled_at IS NULL`))
		}
	}
	for _, env := range [][]string{harness.Environment(), sourced} {
		said = program.Serve(t, dir, env, []string{"dev", "--products", "20"}, has("0", "0"))
		require.Contains(t, said, "the development stack is up")
		require.NotContains(t, said, "demo-souk-2026", "the refusal is remembered")
	}
	said = program.Serve(t, dir, sourced, []string{"dev", "--demo", "--products", "20"}, has("20", "1"))
	require.Contains(t, said, "staff@demo.souk, password ")
	said = program.Serve(t, dir, sourced, []string{"dev", "--products", "20"}, has("20", "1"))
	require.Contains(t, said, "staff@demo.souk, password ", "it stays the demo")
	said = program.Serve(t, dir, sourced, []string{"dev", "--no-demo"}, has("20", "0"))
	require.Regexp(t, `the demo accounts were disabled.*staff@demo.souk`, said)
	require.Contains(t, said, "the shop already has products of the demo")

	require.NoError(t, os.WriteFile(filepath.Join(dir, ".dev", "notes.txt"), []byte("mine"), 0o600))
	said, code := program.Run(t, dir, sourced, "dev", "reset")
	require.Zero(t, code, said)
	require.Contains(t, said, "open a new shell")
	left, err := filepath.Glob(filepath.Join(dir, ".dev", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, ".dev", "notes.txt")}, left, "what it did not make stays")
	require.NoError(t, os.Remove(left[0]))
	said, code = program.Run(t, dir, harness.Environment(), "dev", "reset")
	require.Zero(t, code, said)
	require.NoDirExists(t, filepath.Join(dir, ".dev"))

	said = program.Serve(t, dir, sourced, []string{"dev", "--products", "20"}, func(string) {})
	require.Contains(t, said, "the development stack is up", "the variables of the removed databases do no harm")

	said, code = program.Run(t, dir, harness.Environment("SOUK_KEYS_FILE=/nowhere/keys.json"), "dev")
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "SOUK_KEYS_FILE")
	require.NotContains(t, said, "the development stack is up", "keys that are not there cost no start")
}

func hash(t *testing.T, plain string) string {
	t.Helper()
	hasher, err := password.New(password.Config{})
	require.NoError(t, err)
	hash, err := hasher.Hash(t.Context(), plain)
	require.NoError(t, err)
	return hash
}
