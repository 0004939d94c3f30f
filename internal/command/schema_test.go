package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/graph"
)

func TestSchemaDiffSaysWhatBreaksClients(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	older := file("old.graphql", `type Query { a: Int b: Int @deprecated(reason: "Removed after 2027-03-01.") } enum E { A }`)
	newer := file("new.graphql", `type Query { a: Int } enum E { A B }`)
	run := func(d SchemaDiff) (string, error) {
		var said strings.Builder
		d.Out = &said
		err := d.Run(t.Context())
		return said.String(), err
	}

	said, err := run(SchemaDiff{Old: older, New: newer, On: time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.Equal(t, "note     E.B: the value is new: clients may not expect it\nexpired  Query.b: the field is gone\n", said)

	said, err = run(SchemaDiff{Old: older, New: newer, On: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)})
	require.ErrorContains(t, err, "1 change breaks clients")
	require.Contains(t, said, "BREAKS   Query.b: the field is gone; it is deprecated, and may change after 2027-03-01\n")

	said, err = run(SchemaDiff{Old: file("own.graphql", graph.SDL())})
	require.NoError(t, err)
	require.Empty(t, said, "the program's own schema is the new one")

	for _, wrong := range []SchemaDiff{{Old: filepath.Join(dir, "missing")}, {Old: file("broken", "type {")}, {Old: older, New: file("wrong", "type A { b: C }")}} {
		_, err = run(wrong)
		var failure *Failure
		require.ErrorAs(t, err, &failure)
		require.Equal(t, ExitUsage, failure.Code)
		require.ErrorContains(t, err, "read a schema")
	}
}
