// Package docs checks that what the documentation tells people to run or to open
// exists (make targets, commands of souk with their flags, tests, files and links) and
// that the commands work.
package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

const root = "../.."

var (
	// code is a block or a piece of code in a page.
	code        = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	makeTarget  = regexp.MustCompile("(?m)(?:^|[`\\s(])make ([a-z][a-z-]*)")
	soukCommand = regexp.MustCompile("(?m)(?:^|[`\\s(])(?:bin/)?souk( [a-z-][\\w-]*(?: [\\w./@=:*,-]+)*)")
	testName    = regexp.MustCompile(`-run (Test\w+)`)
	// filePath is a path below a folder of this repository. It ends before a
	// placeholder: test/goldens/*.graphql is the folder.
	filePath = regexp.MustCompile(`\b(?:graph|resolvers|loaders|store|migrations|internal|test|docs|deploy)/[\w./-]*\w`)
	link     = regexp.MustCompile(`\]\(([^)#]+)`)
)

func TestDocumentation(t *testing.T) {
	program := harness.Build(t)
	souk := program.Path
	targets := names(t, `(?m)^([a-z-]+):`, "Makefile")
	tests := names(t, `(?m)^func (Test\w+)`, "test/*/*_test.go")

	seen := map[string]int{}
	for _, page := range files(t, "README.md", "docs/*.md", "docs/decisions/*.md") {
		t.Run("names what exists in "+strings.TrimPrefix(page, root+"/"), func(t *testing.T) {
			each := func(kind string, pattern *regexp.Regexp, text string, exists func(string) bool) {
				for _, found := range pattern.FindAllStringSubmatch(text, -1) {
					seen[kind]++
					name := found[len(found)-1]
					require.True(t, exists(name), "there is no %s %q", kind, name)
				}
			}
			text := read(t, page)
			each("link", link, text, func(to string) bool { return strings.Contains(to, "://") || isFile(filepath.Dir(page), to) })
			for _, text := range code.FindAllString(text, -1) {
				each("make target", makeTarget, text, func(name string) bool { return targets[name] })
				each("test", testName, text, func(name string) bool { return tests[name] })
				each("file", filePath, text, func(name string) bool { return isFile(root, name) })
				each("command", soukCommand, text, func(line string) bool { return parses(souk, line) })
			}
		})
	}
	for kind, least := range map[string]int{"link": 25, "make target": 10, "test": 2, "file": 50, "command": 15} {
		require.GreaterOrEqual(t, seen[kind], least, "%s: the pattern finds too few", kind)
	}
	t.Run("names commands that exist", func(t *testing.T) { commandsExist(t, program) })
	t.Run("has commands that work", func(t *testing.T) { commandsWork(t, program) })
	t.Run("is checked by what notices a mistake", func(t *testing.T) {
		require.True(t, parses(souk, " dev exec --ephemeral -- go test"))
		for _, line := range []string{" unknown", " import unknown", " token --unknown"} {
			require.False(t, parses(souk, line), line)
		}
		require.False(t, targets["unknown"] || tests["TestUnknown"] || isFile(root, "resolvers/unknown.go"))
	})
}

// parses reports whether souk accepts the command line. With --help it prints what the
// command does instead of doing it.
func parses(souk, line string) bool {
	own, _, _ := strings.Cut(line, " -- ")
	return exec.Command(souk, append(strings.Fields(own), "--help")...).Run() == nil
}

// names returns what the pattern's group matches in files.
func names(t *testing.T, pattern string, globs ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, file := range files(t, globs...) {
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, file), -1) {
			found[match[1]] = true
		}
	}
	return found
}

func files(t *testing.T, globs ...string) (found []string) {
	t.Helper()
	for _, glob := range globs {
		matches, err := filepath.Glob(filepath.Join(root, glob))
		require.NoError(t, err)
		require.NotEmpty(t, matches, glob)
		found = append(found, matches...)
	}
	return found
}

func isFile(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}
