package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/internal/schemadiff"
)

// Schema prints the schema for clients, and compares two versions of it.
type Schema struct {
	Print SchemaPrint `cmd:"" default:"1" help:"Print the schema in GraphQL's language, with its descriptions and directives. The default."`
	Diff  SchemaDiff  `cmd:"" help:"Compare two schema files. Exit code 1: a change breaks clients."`
}

// SchemaPrint prints the schema.
type SchemaPrint struct{}

// Run prints the schema.
func (*SchemaPrint) Run(context.Context) error {
	_, err := io.WriteString(os.Stdout, graph.SDL())
	return err
}

// SchemaDiff compares two schemas.
type SchemaDiff struct {
	Old string    `arg:"" help:"The file of the schema that clients have."`
	New string    `arg:"" optional:"" help:"The file of the schema to come. Without it: this program's own."`
	On  time.Time `format:"2006-01-02" placeholder:"DATE" help:"The day to compare on, which decides what has expired. Without it: today."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Help is the text below the flags.
func (SchemaDiff) Help() string {
	return `What clients use may go only after it was deprecated with a date, and the date has passed:

  @deprecated(reason: "Use ` + "`by`" + `. Removed after 2027-03-01.")

A type, which cannot be deprecated, may go with the last field that leads to it.`
}

// Run prints a line for each change that clients can notice, and fails when one breaks them.
func (d *SchemaDiff) Run(context.Context) error {
	older, err := readSchema(d.Old)
	if err != nil {
		return &Failure{ExitUsage, err}
	}
	newer, err := d.newer()
	if err != nil {
		return &Failure{ExitUsage, err}
	}
	on := d.On
	if on.IsZero() {
		on = time.Now()
	}
	broken := 0
	for _, change := range schemadiff.Compare(older, newer, on) {
		word := map[schemadiff.Severity]string{schemadiff.Breaking: "BREAKS ", schemadiff.Risky: "note   ", schemadiff.Expired: "expired"}[change.Severity]
		if change.Severity == schemadiff.Breaking {
			broken++
		}
		if _, err := fmt.Fprintf(output(d.Out), "%s  %s\n", word, change); err != nil {
			return err
		}
	}
	switch broken {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 change breaks clients: keep what they use and deprecate it with a date; see souk schema diff --help")
	}
	return fmt.Errorf("%d changes break clients: keep what they use and deprecate it with a date; see souk schema diff --help", broken)
}

func (d *SchemaDiff) newer() (*ast.Schema, error) {
	if d.New == "" {
		return parseSchema("the schema of this program", graph.SDL())
	}
	return readSchema(d.New)
}

func readSchema(file string) (*ast.Schema, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read a schema: %w", err)
	}
	return parseSchema(file, string(text))
}

func parseSchema(name, text string) (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: name, Input: text})
	if err != nil {
		return nil, fmt.Errorf("read a schema: %w", err)
	}
	return schema, nil
}
