package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"souk/internal/importer"
)

// Import imports files.
type Import struct {
	ShopifyProducts  shopifyProducts  `cmd:"" help:"Shopify's product CSV, with any of its column sets."`
	ShopifyInventory shopifyInventory `cmd:"" help:"Shopify's inventory CSV, in any of its three formats."`
	Taxonomy         taxonomy         `cmd:"" help:"The product taxonomies of Shopify and Google, as text files."`
	Table            importTable      `cmd:"" help:"Any CSV or JSON-lines file, through a mapping."`
	Mappings         importMappings   `cmd:"" help:"List the included mappings."`
	Runs             importRuns       `cmd:"" help:"List the import runs, the newest first."`
	Undo             importUndo       `cmd:"" help:"Take an import run back."`
}

type importFlags struct {
	Primary   `embed:""`
	runFlags  `embed:""`
	Paths     []string `arg:"" name:"file" help:"Files (.gz too), folders, patterns, or - for standard input."`
	Source    string   `placeholder:"NAME" help:"Name of the records' source; importing again with the same source updates them. Default: the format's or the mapping's name."`
	Currency  string   `placeholder:"CODE" help:"ISO 4217 code for prices without a currency. Default: the mapping's, or else the shop's (souk shop show)."`
	Location  string   `placeholder:"NAME" default:"Default" help:"Stock location for quantities without one."`
	Encoding  string   `placeholder:"NAME" help:"Encoding of the files, such as windows-1252 or shift_jis. Default: the mapping's, else found by looking."`
	Separator string   `placeholder:"CHAR" help:"What separates the fields of CSV files, such as ; or \\t. Default: the mapping's, else found by looking."`
	Decimal   string   `placeholder:"MARK" help:"Decimal mark of the numbers in the files: . or , (a comma). Default: the mapping's, else found by looking."`
	DryRun    bool     `help:"Store nothing; only report what would change."`
	Prune     bool     `help:"Remove variants and images that the files no longer contain. Removes nothing when rows are rejected."`
	Rejects   string   `placeholder:"FILE" help:"Write the rows that were not imported to a CSV file, so that you can correct and import them. Empties it if there are none."`
	JSON      bool     `name:"json" help:"Print the report as JSON."`
	Quiet     bool     `short:"q" help:"Show no progress."`
}

type (
	shopifyProducts struct {
		importFlags `embed:""`
	}
	shopifyInventory struct {
		importFlags `embed:""`
	}
	taxonomy struct {
		importFlags `embed:""`
	}
)

type importTable struct {
	importFlags `embed:""`
	Mapping     string `required:"" placeholder:"NAME|FILE" help:"An included mapping (see souk import mappings) or the path of your own."`
}

// Run imports products.
func (i *shopifyProducts) Run(ctx context.Context) error {
	return i.run(ctx, importer.FormatShopifyProducts, "")
}

// Run imports stock.
func (i *shopifyInventory) Run(ctx context.Context) error {
	return i.run(ctx, importer.FormatShopifyInventory, "")
}

// Run imports categories.
func (i *taxonomy) Run(ctx context.Context) error {
	return i.run(ctx, importer.FormatTaxonomy, "")
}

// Run imports with the mapping.
func (i *importTable) Run(ctx context.Context) error {
	return i.run(ctx, importer.FormatTable, i.Mapping)
}

func (f *importFlags) run(ctx context.Context, format, mapping string) error {
	options := importer.Options{
		DatabaseURL: f.DatabaseURL, Format: format, Mapping: mapping, Paths: f.Paths,
		Source: f.Source, Currency: f.Currency, Location: f.Location,
		Encoding: f.Encoding, Separator: f.Separator, Decimal: f.Decimal,
		DryRun: f.DryRun, Prune: f.Prune, Rejects: f.Rejects,
	}
	f.into(&options)
	options.Notices = os.Stderr // with --quiet too: it is no progress
	if !f.Quiet {
		options.Progress = os.Stderr
	}
	report, err := importer.Run(ctx, options)
	if _, wrong := errors.AsType[*importer.UsageError](err); wrong {
		return &Failure{Code: ExitUsage, Err: err}
	}
	if report == nil {
		return err
	}
	if f.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		if failed := encoder.Encode(report); failed != nil && err == nil {
			err = failed
		}
	} else if failed := report.Render(os.Stdout); failed != nil && err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	return ExitCode(report.ExitCode())
}

type importMappings struct{}

// Run lists the included mappings.
func (importMappings) Run() error {
	for _, m := range importer.Mappings() {
		fmt.Printf("%-24s %s\n", m.Name, m.Description)
	}
	return nil
}
