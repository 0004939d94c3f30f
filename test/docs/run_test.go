package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
)

// documentedFiles are the files that the documentation's commands name, each with a product or two.
var documentedFiles = map[string]string{
	"products_export.csv":  "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Status\nred-lamp,Red Lamp,Title,Default Title,LAMP-1,19.90,active\n",
	"inventory_export.csv": "Handle,Title,Option1 Name,Option1 Value,SKU,Location,Available\nred-lamp,Red Lamp,Title,Default Title,LAMP-1,Main,7\n",
	"categories.txt":       "Home & Garden\nHome & Garden > Lighting\n",
	"my.yaml":              "description: Mine\nsource: mine\nmoney: {currency: EUR}\nproduct: {key: id, title: name}\nvariants: {price: price}\n",
	"my-format.yaml":       "description: Mine\nsource: mine\nmoney: {currency: EUR}\nproduct: {key: id, title: name}\nvariants: {price: price}\n",
	"anything.csv":         "id,name,price\n1,Blue Lamp,12.50\n",
	"products.csv":         "id,name,price\n2,Green Lamp,13.50\n",

	"persisted-documents.json": `{"ProductList": "query ProductList { products(first: 20) { nodes { title } } }"}`,
	"schema.graphql":           `type Query { products(first: Int): Products! } type Products { nodes: [Product!]! } type Product { title: String! }`,
}

var (
	// typed is a block of code, whose first group is its language, or a command with
	// arguments in a sentence. Commands are in blocks without a language.
	typed = regexp.MustCompile("(?s)\n```(\\w*)\n(.*?)```|`((?:bin/)?souk [^`\n]*--[^`\n]+)`")
	// named is a command in a sentence, up to its first flag.
	named = regexp.MustCompile("`(?:bin/)?souk ([^`\n]*?)(?: ?--[^`\n]*)?`")
	// elsewhere are commands for a whole clone with its tests. CI runs most of them: they
	// are what ".ci/run" consists of, or what is running now. The benchmarks, "make soak"
	// and "make bench-write" take minutes, and nothing runs them by itself.
	elsewhere = regexp.MustCompile(`^(make |bin/souk dev exec )`)
	// prose are commands that are named to be spoken of and not to be typed as they are.
	prose = regexp.MustCompile(`^(bin/)?souk dev (exec|--demo)`)
)

// commandsOf returns a page's commands in the order in which a reader meets them.
func commandsOf(text string) (commands []string) {
	for _, found := range typed.FindAllStringSubmatch(text, -1) {
		language, block, inline := found[1], found[2], found[3]
		switch {
		case inline != "" && !prose.MatchString(inline):
			commands = append(commands, inline)
		case block != "" && language == "":
			commands = append(commands, strings.TrimSpace(block))
		}
	}
	return commands
}

// commandsWork types what README and the operations manual tell
// people to type, in that order, as it stands there but for the port.
func commandsWork(t *testing.T, program harness.Program) {
	t.Run("README.md", func(t *testing.T) {
		dir := scene(t, program)
		env := harness.Environment("DATABASE_URL="+dbtest.New(t).PrimaryURL, "SOUK_STAFF_PASSWORD=a quiet green door")
		program.Serve(t, dir, env, []string{"dev", "--demo"}, func(api string) {
			outputs := ""
			for _, command := range commandsOf(read(t, filepath.Join(root, "README.md"))) {
				outputs += shell(t, dir, env, strings.ReplaceAll(command, "127.0.0.1:8080", api))
			}
			require.Contains(t, outputs, `"priceRange":{"min":{"amount":`, "the first query finds something")
			require.Contains(t, outputs, `"slug":"loom-and-sons"`, "the first change is made")
			require.NotContains(t, outputs, `"errors":`)
			require.Contains(t, outputs, "you@example.com can sign in now")
		})
	})
	t.Run("docs/operations.md", func(t *testing.T) {
		dir := scene(t, program)
		db := dbtest.New(t)
		harness.Execute(t, db.PrimaryURL, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
		env := harness.Environment("DATABASE_URL="+db.PrimaryURL, "SOUK_KEYS_FILE=keys.json",
			"SOUK_STAFF_PASSWORD=a quiet green door")
		served := 0
		for _, command := range commandsOf(read(t, filepath.Join(root, "docs", "operations.md"))) {
			before, after, serves := strings.Cut(command, "\nsouk serve ")
			shell(t, dir, env, before)
			if serves {
				served++
				program.Serve(t, dir, env, []string{"serve"}, func(string) {
					_, after, _ = strings.Cut(after, "\n")
					rest, works := strings.CutPrefix(after, "souk worker ")
					require.True(t, works, "the worker is started after the server")
					program.Serve(t, dir, append(env, "SOUK_OPS_LISTEN=127.0.0.1:0"), []string{"worker"}, func(string) {
						_, rest, _ = strings.Cut(rest, "\n")
						shell(t, dir, env, rest)
					})
				})
			}
		}
		require.Equal(t, 1, served)
		require.Equal(t, "DONE 1, DONE 1, UNDONE 1", harness.Text(t, db.PrimaryURL, `
SELECT string_agg(status || ' ' || row_count, ', ' ORDER BY id) FROM import_runs`), "the imports came in, and the last was undone")
		require.Equal(t, "1", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM products`))
	})
	t.Run("no other page has commands that nothing runs", func(t *testing.T) {
		for _, page := range files(t, "docs/*.md", "docs/decisions/*.md") {
			if strings.HasSuffix(page, "operations.md") {
				continue
			}
			for _, command := range commandsOf(read(t, page)) {
				for line := range strings.Lines(command) {
					require.Regexp(t, elsewhere, line, "%s: run it in this test", page)
				}
			}
		}
	})
}

// commandsExist asks for the help of each command that a page names in a sentence.
func commandsExist(t *testing.T, program harness.Program) {
	asked := map[string]bool{}
	for _, page := range files(t, "README.md", "docs/*.md", "docs/decisions/*.md") {
		for _, found := range named.FindAllStringSubmatch(read(t, page), -1) {
			if command := found[1]; !asked[command] {
				asked[command] = true
				said, code := program.Run(t, t.TempDir(), harness.Environment(), append(strings.Fields(command), "--help")...)
				require.Zero(t, code, "%s: souk %s: %s", page, command, said)
			}
		}
	}
	require.True(t, asked["migrate up"] && asked["staff disable-demo"], "commands without a flag are found")
}

// scene is a folder in which the documentation's commands find what they name.
func scene(t *testing.T, program harness.Program) string {
	t.Helper()
	dir := harness.Folder(t)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	require.NoError(t, os.Symlink(program.Path, filepath.Join(dir, "bin", "souk")))
	for name, content := range documentedFiles {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

// shell types a command, unless it is run elsewhere.
func shell(t *testing.T, dir string, env []string, command string) string {
	t.Helper()
	if elsewhere.MatchString(command) {
		return ""
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", command)
	cmd.Dir, cmd.Env = dir, append(env, fmt.Sprintf("PATH=%s:%s", filepath.Join(dir, "bin"), os.Getenv("PATH")))
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, said)
	return string(said)
}
