package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/documents"
	"souk/internal/door"
	"souk/store"
)

// DocumentsCheck checks the registered documents against a schema.
type DocumentsCheck struct {
	Primary `embed:""`
	Schema  string `placeholder:"FILE" help:"The schema, in GraphQL's language. Default: that of this version."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run checks the documents.
func (c *DocumentsCheck) Run(ctx context.Context) error {
	guard, err := c.door()
	if err != nil {
		return &Failure{ExitUsage, err}
	}
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	checked, broken := 0, 0
	err = eachDocument(ctx, shop, func(d *store.Document) error {
		checked++
		if _, err := guard.Document(d.Text); err != nil {
			broken++
			return c.complain(ctx, shop, d, documents.Complaint(err))
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(output(c.Out), "%d documents checked, %d do not fit the schema\n", checked, broken)
	if broken > 0 {
		return Exit(1)
	}
	return nil
}

// complain prints a document that does not fit, and who sends it.
func (c *DocumentsCheck) complain(ctx context.Context, shop *store.Store, d *store.Document, complaint string) error {
	out := output(c.Out)
	client := d.Client
	if client == "" {
		client = "an app that was not named"
	}
	fmt.Fprintf(out, "%s of %s: %s\n", d.Name, client, complaint)
	uses, err := shop.DocumentUsages(ctx, []string{d.Hash}, false, maxUsages)
	if err != nil {
		return err
	}
	if len(uses) == 0 {
		_, err := fmt.Fprintln(out, "  no use is recorded")
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, u := range uses {
		fmt.Fprintf(table, "  %s\t%s\t%d times\tlast on %s\n", u.ClientName, u.ClientVersion, u.Count, day(u.LastUsedAt))
	}
	return table.Flush()
}

func (c *DocumentsCheck) door() (*door.Door, error) {
	if c.Schema == "" {
		return currentDoor()
	}
	text, err := os.ReadFile(c.Schema)
	if err != nil {
		return nil, err
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: c.Schema, Input: string(text)})
	if err != nil {
		return nil, err
	}
	return door.New(schema, door.DefaultLimits(), door.Options{})
}
