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

// Options says what to import, and how.
type Options struct {
	// DatabaseURL is the primary. The import uses one session from start to end
	// (temporary tables, an advisory lock), so it must not go through a pooler
	// in transaction mode.
	DatabaseURL string
	// Format is one of the Format constants.
	Format string
	// Paths are files (.gz is recognised by content), directories (every data
	// file in and below), patterns, or "-" for standard input.
	Paths []string
	// Mapping is the table format's mapping: the name of an included one, or
	// the path of a mapping file. Other formats ignore it.
	Mapping string
	// Source is the records' source. Together with a record's key in that
	// source it identifies the record: importing again with the same source
	// updates, with another one it adds. Empty: "shopify" for both Shopify
	// formats, "taxonomy", or the mapping's source.
	Source string
	// Currency is the ISO 4217 code for prices without one. Empty: the mapping's
	// currency, or else the shop's. Without any, Run returns ErrNoCurrency.
	Currency string
	// Location is the stock location for quantities without one, as in a
	// product CSV. Quantities at named locations, from an inventory file,
	// replace such a quantity. Empty: Default.
	Location string
	// Encoding of the input, by any name of the WHATWG encoding standard. It
	// overrules a mapping, but not a byte order mark. Empty: the mapping's, else
	// found by looking.
	Encoding string
	// Separator of the fields of CSV files: one character, or \t. It overrules a
	// mapping. Empty: the mapping's, else found by looking.
	Separator string
	// Decimal is the decimal mark of the numbers: a point or a comma. It overrules
	// a mapping. Empty: the mapping's, else found by looking.
	Decimal string
	// DryRun stores nothing: it reads, stages and merges everything in one
	// transaction, reports what would have changed, and rolls back.
	DryRun bool
	// Prune removes variants and images that a product has but the input no
	// longer contains. It removes nothing when rows were rejected.
	Prune bool
	// Overwrite writes the files' values over what staff have changed since the
	// import that wrote it. Otherwise those fields stay, and are reported.
	Overwrite bool
	// Undoable records what the run changes, so that it can be undone for seven
	// days. nil: if the input has at most UndoableRows rows.
	Undoable *bool
	// Actor is who runs the import, for the list of runs and the audit log.
	Actor string
	// Rejects is the path of a file for the rows that were not imported, written
	// as the input is: with its separator, encoding and line ends. Empty: none.
	// You can correct and import that file with the same options.
	Rejects string
	// Progress is the writer for progress: a bar on a terminal, otherwise a
	// line every five seconds. nil: no progress.
	Progress *os.File
	// Notices is the writer for what is to be known before the shop changes. nil: none.
	Notices io.Writer
	// Log receives a record for each phase. nil: none.
	Log *slog.Logger
	// ChunkProducts is how many products one transaction of the merge writes.
	// 0: 5,000. (On 120,000 listings, 25,000 and all at once were not faster,
	// and held their locks longer.)
	ChunkProducts int

	// afterChunk lets tests stop between two transactions.
	afterChunk func(chunk int)
}

const (
	defaultLocation      = "Default"
	defaultChunkProducts = 5000
	// UndoableRows is the size of the largest input whose import is undoable unless
	// the options say otherwise. To record what is changed takes about as long as to
	// change it.
	UndoableRows = 20_000
)

// withDefaults sets defaults and checks the other options.
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
	if _, err := o.reading(); err != nil {
		return o, err
	}
	if o.Currency != "" {
		if _, err := money.Scale(o.Currency); err != nil {
			return o, fmt.Errorf("currency %q is not known: use an ISO 4217 code such as USD", o.Currency)
		}
	}
	return o, nil
}

// reading is what the options say about how files are written.
func (o *Options) reading() (given Reading, err error) {
	given.Encoding = o.Encoding
	if _, err := findEncoding(o.Encoding); err != nil {
		return given, err
	}
	if given.Decimal, err = parseDecimal(o.Decimal); err != nil {
		return given, err
	}
	if o.Separator != "" {
		given.Separator, err = parseSeparator(o.Separator)
	}
	return given, err
}

// reader returns the format's reader, and sets the source if none was given.
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
