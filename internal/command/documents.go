package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"souk/graph"
	"souk/internal/documents"
	"souk/internal/documents/manifest"
	"souk/internal/door"
	"souk/store"
)

// Documents manages the documents that are registered for apps.
type Documents struct {
	Push   DocumentsPush   `cmd:"" help:"Register the documents of an app, so that it can send their IDs."`
	List   DocumentsList   `cmd:"" help:"List the registered documents."`
	Show   DocumentsShow   `cmd:"" help:"Print a document, and who sends it."`
	Remove DocumentsRemove `cmd:"" help:"Remove documents. Apps that still send them get errors within seconds."`
	Check  DocumentsCheck  `cmd:"" help:"Say which registered documents do not fit a schema, and who sends them. Exit code 1 if there are any."`
	Usage  DocumentsUsage  `cmd:"" help:"List who sends which documents."`
}

// DocumentsPush registers documents.
type DocumentsPush struct {
	Primary `embed:""`
	Paths   []string `arg:"" name:"path" help:"Apollo's manifest, Relay's persisted queries, the client preset's persisted documents, or a folder of .graphql files."`
	Client  string   `placeholder:"NAME" help:"The app that they belong to. Default: what the manifest says."`
	Save    string   `placeholder:"FILE" help:"Write the IDs with their texts to a JSON file, for a folder whose documents have no IDs yet."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Help is shown below the command's usage.
func (*DocumentsPush) Help() string {
	return "What is registered already stays as it is, so that a build can push each time. A document that does not fit the schema, or whose ID has another text, is refused; the others are registered, and the exit code is 1. Documents of old versions of an app stay until they are removed."
}

// Run registers the documents.
func (c *DocumentsPush) Run(ctx context.Context) error {
	var found []manifest.Document
	for _, path := range c.Paths {
		more, err := manifest.Read(path)
		if err != nil {
			return &Failure{ExitUsage, err}
		}
		found = append(found, more...)
	}
	guard, err := currentDoor()
	if err != nil {
		return err
	}
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	refused, known := 0, 0
	for start := 0; start < len(found); start += store.MaxBulk {
		more, again, err := c.push(ctx, shop, guard, found[start:min(start+store.MaxBulk, len(found))])
		if err != nil {
			return fmt.Errorf("%w (%d of %d documents were pushed)", err, start, len(found))
		}
		refused, known = refused+more, known+again
	}
	fmt.Fprintf(output(c.Out), "%d documents: %d new, %d already registered, %d refused\n", len(found), len(found)-refused-known, known, refused)
	if err := c.save(found); err != nil {
		return err
	}
	if refused > 0 {
		return Exit(1)
	}
	return nil
}

// push registers at most store.MaxBulk documents, and prints those that are refused. known
// is how many of the others were registered before.
func (c *DocumentsPush) push(ctx context.Context, shop *store.Store, guard *door.Door, found []manifest.Document) (refused, known int, err error) {
	list := store.Bulk[store.DocumentPush]{ErrorPolicy: store.SkipFailed}
	for _, d := range found {
		item := store.DocumentPush{Text: d.Text, Client: &d.Client}
		if d.ID != "" {
			item.DocumentID = &d.ID
		}
		if c.Client != "" {
			item.Client = &c.Client
		}
		list.Items = append(list.Items, item)
	}
	registered, err := registeredBefore(ctx, shop, found)
	if err != nil {
		return 0, 0, err
	}
	outcomes, err := consoleWriter(shop, "souk documents push").PushDocuments(ctx, list, func(d store.DocumentPush) (store.DocumentReading, error) {
		id := ""
		if d.DocumentID != nil {
			id = *d.DocumentID
		}
		reading, err := documents.Read(guard, id, d.Text)
		return store.DocumentReading(reading), err
	})
	if err != nil {
		return 0, 0, inWords(err)
	}
	for i, outcome := range outcomes {
		if len(outcome.Problems) == 0 {
			if registered[named(found[i])] {
				known++
			}
			registered[named(found[i])] = true // it may come twice
			continue
		}
		refused++
		for _, p := range outcome.Problems {
			fmt.Fprintf(output(c.Out), "refused: %s in %s, %s: %s\n", named(found[i]), found[i].Source, p.Field[len(p.Field)-1], p.Message)
		}
	}
	return refused, known, nil
}

// registeredBefore returns which of the documents are registered, by their IDs.
func registeredBefore(ctx context.Context, shop *store.Store, found []manifest.Document) (map[string]bool, error) {
	var names []string
	for _, d := range found {
		names = append(names, named(d))
	}
	there, err := shop.DocumentsByNames(ctx, names)
	registered := map[string]bool{}
	for _, d := range there {
		registered[d.Name] = true
	}
	return registered, err
}

// named is the ID of a document as it is kept, or as it came if it is none.
func named(d manifest.Document) string {
	if d.ID == "" {
		return documents.HashOf(d.Text)
	}
	if name, err := documents.Normalize(d.ID); err == nil {
		return name
	}
	return d.ID
}

// save writes what the client preset writes.
func (c *DocumentsPush) save(found []manifest.Document) error {
	if c.Save == "" {
		return nil
	}
	byID := make(map[string]string, len(found))
	for _, d := range found {
		id := d.ID
		if id == "" {
			id = "sha256:" + documents.HashOf(d.Text)
		}
		byID[id] = d.Text
	}
	text, err := json.MarshalIndent(byID, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.Save, append(text, '\n'), 0o644)
}

// DocumentsList lists the documents.
type DocumentsList struct {
	Primary `embed:""`
	Client  string `placeholder:"NAME" help:"Only those of an app."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run lists the documents, newest first.
func (c *DocumentsList) Run(ctx context.Context) error {
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	table := tabwriter.NewWriter(output(c.Out), 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tCLIENT\tOPERATIONS\tREGISTERED")
	err = eachDocument(ctx, shop, func(d *store.Document) error {
		if c.Client == "" || c.Client == d.Client {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", d.Name, d.Client, strings.Join(d.Operations, ", "), day(d.CreatedAt))
		}
		return nil
	})
	return errors.Join(err, table.Flush())
}

// DocumentsShow prints a document.
type DocumentsShow struct {
	Primary `embed:""`
	ID      string `arg:"" help:"The document's ID, or the SHA-256 of its text."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run prints the document.
func (c *DocumentsShow) Run(ctx context.Context) error {
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	found, err := documentsNamed(ctx, shop, c.ID)
	if err != nil {
		return err
	}
	out := output(c.Out)
	for _, d := range found {
		fmt.Fprintf(out, "ID          %s\nSHA-256     %s\nclient      %s\nregistered  %s\n\n%s\n\n", d.Name, d.Hash, d.Client, day(d.CreatedAt), strings.TrimSpace(d.Text))
	}
	return printUsages(ctx, out, shop, []string{found[0].Hash}, false)
}

// DocumentsRemove removes documents.
type DocumentsRemove struct {
	Primary `embed:""`
	IDs     []string `arg:"" name:"id" help:"The documents' IDs, or the SHA-256 of a text that has one ID."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run removes the documents, one after the other.
func (c *DocumentsRemove) Run(ctx context.Context) error {
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	for _, id := range c.IDs {
		d, err := documentToRemove(ctx, shop, id)
		if err != nil {
			return err
		}
		if err := consoleWriter(shop, "souk documents remove").DeleteDocument(ctx, store.DocumentDelete{ID: d.ID}); err != nil {
			return inWords(err)
		}
		fmt.Fprintf(output(c.Out), "%s is removed\n", d.Name)
	}
	return nil
}

// documentToRemove returns the document with an ID, or the only one whose text has the hash:
// apps may send the other IDs of a text.
func documentToRemove(ctx context.Context, shop *store.Store, id string) (*store.Document, error) {
	found, err := documentsNamed(ctx, shop, id)
	if err != nil {
		return nil, err
	}
	name, _ := documents.Normalize(id) // which documentsNamed has checked
	var names []string
	for _, d := range found {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("no document has the ID %s, and the text with this hash has several: remove each that you mean by its ID: %s", name, strings.Join(names, ", "))
	}
	return found[0], nil
}

// DocumentsUsage lists who sends which documents.
type DocumentsUsage struct {
	Primary      `embed:""`
	Unregistered bool `help:"Only what would be refused with SOUK_DOCUMENTS=only. Texts are counted with prefer; with only, just those of staff: souk_documents_total{result=\"refused_text\"} counts the others."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run lists the uses, the last first.
func (c *DocumentsUsage) Run(ctx context.Context) error {
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	return printUsages(ctx, output(c.Out), shop, nil, c.Unregistered)
}

// maxUsages is how many lines a person looks at.
const maxUsages = 1000

func printUsages(ctx context.Context, out io.Writer, shop *store.Store, hashes []string, untrusted bool) error {
	uses, err := shop.DocumentUsages(ctx, hashes, untrusted, maxUsages)
	if err != nil {
		return err
	}
	if len(uses) == 0 {
		_, err := fmt.Fprintln(out, "no uses are recorded")
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DOCUMENT\tOPERATION\tCLIENT\tVERSION\tUSES\tP50\tP99\tCOST\tLAST USED\tREGISTERED")
	for _, u := range uses {
		name, registered := u.Name, "yes"
		if name == "" {
			name = u.Hash
		}
		if !u.Trusted {
			registered = "no"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%.1f ms\t%.1f ms\t%.0f\t%s\t%s\n", name, u.Operation, u.ClientName, u.ClientVersion,
			u.Count, u.P50Milliseconds(), u.P99Milliseconds(), u.AverageCost(), u.LastUsedAt.UTC().Format(time.DateTime), registered)
	}
	return table.Flush()
}

// documentsNamed returns the documents with an ID or a hash, at least one.
func documentsNamed(ctx context.Context, shop *store.Store, id string) ([]*store.Document, error) {
	name, err := documents.Normalize(id)
	if err != nil {
		return nil, inWords(err)
	}
	found, err := shop.DocumentsByNames(ctx, []string{name})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no document has the ID %s: souk documents list shows those that there are", name)
	}
	return found, err
}

func eachDocument(ctx context.Context, shop *store.Store, do func(*store.Document) error) error {
	reader := shop.Reader(store.View{Documents: true}, 0)
	request := store.PageRequest{Order: store.DocumentsByNewest, Limit: 100}
	for {
		page, err := reader.ListDocuments(ctx, request)
		if err != nil {
			return err
		}
		for _, d := range page.Items {
			if err := do(d); err != nil {
				return err
			}
		}
		if !page.HasNext {
			return nil
		}
		request.After = page.Positions[len(page.Positions)-1]
	}
}

// currentDoor is a door to the schema of this version.
func currentDoor() (*door.Door, error) {
	return door.New(graph.New(nil).Schema(), door.DefaultLimits(), door.Options{Suggest: true})
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
