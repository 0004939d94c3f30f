package clients

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the snippets of docs/clients.md anew instead of comparing")

const page = "../../docs/clients.md"

var (
	// region is a part of a program, between "#region name" and "#endregion" in comments.
	region = regexp.MustCompile(`(?s)// #region ([\w ]+)\n(.*?)\n// #endregion`)
	// snippet is a block of the page under a comment that names a region, or a whole file.
	snippet = regexp.MustCompile("(?s)<!-- ([\\w./-]+)(?:#([\\w ]+))? -->\n```(\\w+)\n(.*?)\n```")
)

// TestThePageShowsWhatRuns: each snippet of docs/clients.md is code of an app here, which
// TestApps runs, and each region of an app is on the page.
func TestThePageShowsWhatRuns(t *testing.T) {
	before, err := os.ReadFile(page)
	require.NoError(t, err)
	shown := map[string]bool{}
	after := snippet.ReplaceAllStringFunc(string(before), func(found string) string {
		parts := snippet.FindStringSubmatch(found)
		file, name := parts[1], parts[2]
		shown[file+"#"+name] = true
		code := "\n" + codeOf(t, file, name) + "\n```"
		return found[:len(found)-len("\n"+parts[4]+"\n```")] + code
	})
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(after), 0o644))
	} else {
		require.Equal(t, after, string(before), "the page differs from the apps: go test ./test/clients -run Page -update")
	}
	require.GreaterOrEqual(t, len(shown), 25, "the pattern finds too few")
	for _, name := range regions(t) {
		require.True(t, shown[name], "%s is not on the page", name)
	}
	for _, a := range apps {
		require.Regexp(t, `(?m)^\| \[[^|]+\| [^|]*\b`+regexp.QuoteMeta(a.version(t))+`\b`, after, "the version of %s in the table", a.folder)
		if a.documents != "" {
			require.Contains(t, after, "souk documents push "+strings.TrimPrefix(a.documents, "../common/"), "how %s registers its documents", a.folder)
		}
	}
}

// version is that of the client, exactly.
func (a app) version(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(a.folder, "package.json"))
	require.NoError(t, err)
	var described struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal(text, &described))
	require.Regexp(t, `^\d+\.\d+\.\d+$`, described.Dependencies[a.client])
	return described.Dependencies[a.client]
}

// codeOf returns a region of a file, or without a name the file.
func codeOf(t *testing.T, file, name string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	if name == "" {
		return strings.TrimSpace(string(text))
	}
	for _, found := range region.FindAllStringSubmatch(string(text), -1) {
		if found[1] == name {
			return strings.TrimSpace(found[2])
		}
	}
	require.Fail(t, "no such region", "%s of %s", name, file)
	return ""
}

// regions returns the regions of all apps, as file#name.
func regions(t *testing.T) (names []string) {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*/*.mjs", "*/src/*.ts", "*/src/*.js"} {
		more, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, more...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range region.FindAllStringSubmatch(string(text), -1) {
			names = append(names, file+"#"+found[1])
		}
	}
	slices.Sort(names)
	return names
}
