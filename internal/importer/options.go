package importer

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"souk/internal/money"
)

// The formats, as --format names them.
const (
	FormatShopifyProducts  = "shopify-products"
	FormatShopifyInventory = "shopify-inventory"
	FormatTaxonomy         = "taxonomy"
	FormatTable            = "table"
)

// Options says what to import and how.
type Options struct {
	// DatabaseURL is the primary. The import holds one session of it from start
	// to end (temporary tables, an advisory lock), so it must not go through a
	// pooler in transaction mode.
	DatabaseURL string
	// Format is one of the Format constants.
	Format string
	// Paths are files (.gz is recognised by content), directories (every data
	// file in and below), patterns, or "-" for standard input.
	Paths []string
	// Mapping is the table format's mapping: the name of one that is shipped, or
	// the path of a mapping file. The other formats ignore it.
	Mapping string
	// Source names where the records come from. With a record's key in that
	// source it is the record's identity: importing again under the same source
	// updates, under another it adds. Empty: "shopify" for both Shopify formats,
	// "taxonomy", or the mapping's own.
	Source string
	// Currency is the ISO 4217 code of prices that do not say theirs. Empty: USD
	// for the Shopify formats, the mapping's own for tables.
	Currency string
	// Location is the name of the stock location for counts that come without
	// one, as in a product CSV. Such a count gives way to the counts of named
	// locations when an inventory file brings them. Empty: Default.
	Location string
	// DryRun stores nothing: it reads, stages and merges everything inside one
	// transaction, reports what would have changed, and rolls back.
	DryRun bool
	// Prune removes the variants and images that a product has and the input no
	// longer gives it. Without it they stay, and so they do when rows were rejected.
	Prune bool
	// Rejects is the path of a CSV file for the rows that were not taken, or taken
	// with a change. Empty: none. It can be corrected and imported in its turn.
	Rejects string
	// Progress is where progress is shown: as a bar when it is a terminal, else as
	// a line every five seconds. nil: not at all.
	Progress *os.File
	// Log gets a record for each phase. nil: none.
	Log *slog.Logger
	// ChunkProducts is how many products one transaction of the merge writes. 0:
	// 5,000 (on 120,000 listings 25,000 and all at once were not faster, and hold
	// their locks longer).
	ChunkProducts int

	// afterChunk lets tests stop between two transactions.
	afterChunk func(chunk int)
}

const (
	defaultLocation      = "Default"
	defaultCurrency      = "USD"
	defaultChunkProducts = 5000
)

// withDefaults fills what is empty and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Location == "" {
		o.Location = defaultLocation
	}
	if o.ChunkProducts <= 0 {
		o.ChunkProducts = defaultChunkProducts
	}
	if o.Format != FormatTable && o.Currency == "" {
		o.Currency = defaultCurrency
	}
	if o.Currency != "" {
		if _, err := money.Scale(o.Currency); err != nil {
			return o, fmt.Errorf("currency %q is not known: give an ISO 4217 code such as USD", o.Currency)
		}
	}
	return o, nil
}

// reader chooses the format's reader, and the source where none was named.
func (o *Options) reader() (Reader, error) {
	switch o.Format {
	case FormatShopifyProducts:
		o.Source = firstOf(o.Source, "shopify")
		return shopifyProducts{currency: o.Currency}, nil
	case FormatShopifyInventory:
		o.Source = firstOf(o.Source, "shopify")
		return shopifyInventory{location: o.Location}, nil
	case FormatTaxonomy:
		o.Source = firstOf(o.Source, "taxonomy")
		return taxonomy{}, nil
	case FormatTable:
		return o.tableReader()
	}
	return nil, fmt.Errorf("format %q is not known: use %s, %s, %s or %s", o.Format,
		FormatShopifyProducts, FormatShopifyInventory, FormatTaxonomy, FormatTable)
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
