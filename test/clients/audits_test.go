package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

// TestAudits runs all audits of graphql-http against a server in development, and in
// production with introspection, which three of them need.
func TestAudits(t *testing.T) {
	node := install(t, "audits")
	db := shop.New(t)
	for name, change := range map[string]func(*harness.Setup){
		"in development": func(*harness.Setup) {},
		"in production": func(s *harness.Setup) {
			s.Config.Env, s.Config.Introspection = config.Production, config.IntrospectionOn
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := harness.Start(t, db, change)
			said, err := node("run.mjs", server.URL+"/graphql")
			t.Log("\n" + said)
			require.NoError(t, err)
			require.Contains(t, said, "graphql-http 1.23.1: 61 of 61 audits are ok")
		})
	}
}

// install installs the packages of a folder as its lock file says, and returns what runs a
// script there. Without Node.js the test is skipped, but not in CI.
func install(t *testing.T, folder string) (node func(arguments ...string) (output string, err error)) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("npm is not installed")
		}
		t.Skip("npm is not installed: the test of this client is skipped")
	}
	run := func(name string, arguments ...string) (string, error) {
		command := exec.CommandContext(t.Context(), name, arguments...)
		command.Dir = folder
		output, err := command.CombinedOutput()
		return string(output), err
	}
	if !isInstalled(folder) {
		output, err := run("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
		require.NoError(t, err, output)
	}
	return func(arguments ...string) (string, error) { return run("node", arguments...) }
}

// isInstalled reports whether npm has installed what the lock file says. npm writes its own
// copy of the lock file last.
func isInstalled(folder string) bool {
	wanted, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return false
	}
	installed, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	return err == nil && installed.ModTime().After(wanted.ModTime())
}

// TestTheSchemaIsOneForCodeGenerators reads it with graphql-js, from which all code generators
// of JavaScript are made.
func TestTheSchemaIsOneForCodeGenerators(t *testing.T) {
	node := install(t, "audits")
	server := harness.Start(t, shop.New(t))
	said, err := node("schema.mjs", server.URL)
	require.NoError(t, err, said)
	require.Contains(t, said, "types are the same")
}
