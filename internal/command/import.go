package command

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"souk/internal/importer"
)

// Import imports files.
type Import struct {
	ShopifyProducts  shopifyProducts  `cmd:"" help:"Shopify's product CSV, any of its column sets."`
	ShopifyInventory shopifyInventory `cmd:"" help:"Shopify's inventory CSV, any of its three generations."`
	Taxonomy         taxonomy         `cmd:"" help:"The product taxonomies of Shopify and Google as text files."`
	Table            importTable      `cmd:"" help:"Any CSV or JSON-lines file, through a mapping."`
	Mappings         importMappings   `cmd:"" help:"List the mappings that are shipped."`
}

type importFlags struct {
	Primary  `embed:""`
	Paths    []string `arg:"" name:"file" help:"Files (.gz too), folders, patterns, or - for standard input."`
	Source   string   `placeholder:"NAME" help:"Where the records come from; importing again under the same name updates them. Default: the format's or the mapping's name."`
	Currency string   `placeholder:"CODE" help:"ISO 4217 code of prices that do not say theirs. Default: USD, or the mapping's."`
	Location string   `placeholder:"NAME" default:"Default" help:"Stock location of counts that come without one."`
	DryRun   bool     `help:"Store nothing; report what would change."`
	Prune    bool     `help:"Remove variants and images that the files no longer have; nothing when rows are rejected."`
	Rejects  string   `placeholder:"FILE" help:"Write the rows that were not taken to a CSV file, to be corrected and imported."`
	JSON     bool     `name:"json" help:"Report as JSON on standard output."`
	Quiet    bool     `short:"q" help:"No progress."`
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
	Mapping     string `required:"" placeholder:"NAME|FILE" help:"A shipped mapping (see souk import mappings) or a mapping file of your own."`
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

// Run imports through the mapping.
func (i *importTable) Run(ctx context.Context) error {
	return i.run(ctx, importer.FormatTable, i.Mapping)
}

func (f *importFlags) run(ctx context.Context, format, mapping string) error {
	options := importer.Options{
		DatabaseURL: f.DatabaseURL, Format: format, Mapping: mapping, Paths: f.Paths,
		Source: f.Source, Currency: f.Currency, Location: f.Location,
		DryRun: f.DryRun, Prune: f.Prune, Rejects: f.Rejects,
	}
	if !f.Quiet {
		options.Progress = os.Stderr
	}
	report, err := importer.Run(ctx, options)
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
	return err
}

type importMappings struct{}

// Run lists the shipped mappings.
func (importMappings) Run() error {
	for _, m := range importer.Mappings() {
		fmt.Printf("%-24s %s\n", m.Name, m.Description)
	}
	return nil
}
