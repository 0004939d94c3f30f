package clients

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/graph"
	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

// TestTheSchemaIsServedWhereItIsNoSecret fetches it as a code generator does.
func TestTheSchemaIsServedWhereItIsNoSecret(t *testing.T) {
	db := shop.New(t)
	for name, tc := range map[string]struct {
		env           config.Env
		introspection config.Introspection
		status        int
	}{
		"in development":                                       {config.Development, config.IntrospectionAuto, http.StatusOK},
		"not in production":                                    {config.Production, config.IntrospectionAuto, http.StatusNotFound},
		"in production with introspection":                     {config.Production, config.IntrospectionOn, http.StatusOK},
		"not in development if introspection has been set off": {config.Development, config.IntrospectionOff, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Env, s.Config.Introspection = tc.env, tc.introspection })
			g := send(t, server, request{address: "/schema.graphql"})
			require.Equal(t, tc.status, g.StatusCode)
			if tc.status == http.StatusOK {
				require.Equal(t, graph.SDL(), g.body)
			}
		})
	}
}

// TestTheSchemaGate runs what make check compares the schema with, in clones of each kind.
func TestTheSchemaGate(t *testing.T) {
	const (
		before = "type Query {\n  a: Int\n  b: Int\n}\n"
		wider  = "type Query {\n  a: Int\n  b: Int\n  c: Int\n}\n"
		broken = "type Query {\n  a: Int\n}\n"
	)
	program := harness.Build(t)
	script, err := os.ReadFile("../../.ci/schema")
	require.NoError(t, err)
	place := func(dir, name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	}
	folder := func(t *testing.T) string {
		dir := t.TempDir()
		place(dir, ".ci/schema", string(script))
		place(dir, "bin/souk", "#!/bin/sh\nexec "+program.Path+` "$@"`)
		place(dir, "graph/schema.graphql", before)
		return dir
	}
	git := func(t *testing.T, dir string, arguments ...string) {
		command := exec.CommandContext(t.Context(), "git", arguments...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	commit := func(t *testing.T, dir, schema string) {
		place(dir, "graph/schema.graphql", schema)
		git(t, dir, "add", "graph")
		git(t, dir, "commit", "-q", "--allow-empty", "-m", "a change")
	}
	repository := func(t *testing.T) string {
		dir := folder(t)
		git(t, dir, "init", "-q", "-b", "main")
		commit(t, dir, before)
		return dir
	}
	gate := func(t *testing.T, dir string, arguments ...string) (string, int) {
		command := exec.CommandContext(t.Context(), ".ci/schema", arguments...)
		command.Dir = dir
		output, _ := command.CombinedOutput() // the code says whether it failed
		return string(output), command.ProcessState.ExitCode()
	}
	for name, tc := range map[string]struct {
		prepare func(*testing.T) string
		base    []string
		code    int
		says    string
	}{
		"passes what adds a field": {func(t *testing.T) string { dir := repository(t); commit(t, dir, wider); return dir }, nil, 0, "against"},
		"refuses what removes one": {func(t *testing.T) string { dir := repository(t); commit(t, dir, broken); return dir }, nil, 1, "BREAKS   Query.b: the field is gone"},
		"sees what is not committed yet": {func(t *testing.T) string {
			dir := repository(t)
			commit(t, dir, before)
			place(dir, "graph/schema.graphql", broken)
			return dir
		}, nil, 1, "Query.b"},
		"sees all of a branch": {func(t *testing.T) string {
			dir := repository(t)
			git(t, dir, "checkout", "-q", "-b", "branch")
			commit(t, dir, broken)
			commit(t, dir, broken)
			return dir
		}, nil, 1, "Query.b"},
		"compares with what is named": {func(t *testing.T) string {
			dir := repository(t)
			commit(t, dir, broken)
			commit(t, dir, broken)
			return dir
		}, []string{"HEAD~2"}, 1, "Query.b"},
		"says that a name is wrong":     {repository, []string{"v9"}, 2, "there is no commit v9"},
		"passes a first commit":         {repository, nil, 0, "no earlier commit"},
		"passes what is no clone":       {folder, nil, 0, "this is no clone"},
		"passes a clone without commit": {func(t *testing.T) string { dir := folder(t); git(t, dir, "init", "-q"); return dir }, nil, 0, "no earlier commit"},
		"passes a shallow clone": {func(t *testing.T) string {
			dir := repository(t)
			commit(t, dir, broken)
			shallow := folder(t)
			git(t, shallow, "init", "-q", "-b", "main")
			git(t, shallow, "fetch", "-q", "--depth", "1", "file://"+dir, "main")
			git(t, shallow, "reset", "-q", "FETCH_HEAD")
			return shallow
		}, nil, 0, "no earlier commit"},
		"passes a commit that is older than the file": {func(t *testing.T) string {
			dir := folder(t)
			git(t, dir, "init", "-q", "-b", "main")
			git(t, dir, "commit", "-q", "--allow-empty", "-m", "begin")
			commit(t, dir, broken)
			return dir
		}, nil, 0, "is newer than"},
	} {
		t.Run(name, func(t *testing.T) {
			output, code := gate(t, tc.prepare(t), tc.base...)
			require.Equal(t, tc.code, code, output)
			require.Contains(t, output, tc.says)
		})
	}
}
