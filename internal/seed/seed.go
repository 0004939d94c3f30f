// Package seed generates a demo shop and stores it: departments and categories,
// vendors, products with options, variants, prices and images, stock at three
// locations, customers and their reviews, and a few collections.
//
// Everything follows from a seed number, and each product only from its own
// number: a shop of 10,000 products begins with the products of the shop of
// 500. The importer stores it, so seeding a second time changes nothing, and
// seeding more adds what is missing. Two shops of one seed differ only in their
// IDs and storage times.
package seed

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"souk/internal/importer"
	"souk/internal/money"
)

// Source is the importer's source for the demo shop's records.
const Source = "seed"

const (
	defaultProducts = 500
	// MaxProducts is limited by the digits of article numbers and barcodes.
	MaxProducts = 1_000_000
	defaultSeed = 1
)

// Options describes the shop to generate.
type Options struct {
	// DatabaseURL is the primary. Seeding uses one session from start to end,
	// so it must not go through a pooler in transaction mode.
	DatabaseURL string
	// Products is how many products the shop has, at most MaxProducts. 0: 500.
	Products int
	// Seed selects the shop. 0: 1. Another seed gives other products under the
	// same article numbers, so use one seed for each database: a second one
	// overwrites them.
	Seed uint64
	// Currency is the ISO 4217 code of all prices. Empty: the shop's currency, or USD in a
	// shop without settings, which get those of the demo.
	Currency string
	// Progress is the writer for progress: a bar on a terminal, otherwise a
	// line every five seconds. nil: no progress.
	Progress *os.File
	// Log receives a record for each phase. nil: none.
	Log *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if o.Products == 0 {
		o.Products = defaultProducts
	}
	if o.Products < 0 || o.Products > MaxProducts {
		return o, fmt.Errorf("%d products cannot be generated: give a number from 1 to %d", o.Products, MaxProducts)
	}
	if o.Seed == 0 {
		o.Seed = defaultSeed
	}
	if o.Currency == "" {
		o.Currency = demoCurrency
	}
	return o, nil
}

// Run generates the shop and stores what is missing. The report's rows are
// products. The report is not nil when the error comes from storing.
//
// Memory depends neither on the number of products nor on the shop's content.
func Run(ctx context.Context, options Options) (*importer.Report, error) {
	if options.Currency == "" {
		var err error
		if options.Currency, err = shopCurrency(ctx, options.DatabaseURL); err != nil {
			return nil, fmt.Errorf("seed: %w", err)
		}
	}
	g, err := newGenerator(options)
	if err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	if err := MoveImages(ctx, g.options.DatabaseURL); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	report, err := importer.RunRecords(ctx, importer.Options{
		DatabaseURL: g.options.DatabaseURL, Source: Source, Currency: g.options.Currency, Location: warehouse,
		Progress: g.options.Progress, Log: g.options.Log,
	}, g.options.Products, g.all)
	if err == nil {
		err = addCollections(ctx, g.options.DatabaseURL)
	}
	if err != nil {
		return report, fmt.Errorf("seed: %w", err)
	}
	return report, nil
}

func newGenerator(options Options) (*generator, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	scale, err := money.Scale(options.Currency)
	if err != nil {
		return nil, err
	}
	if scale == 1 {
		return nil, fmt.Errorf("prices in %s cannot be generated", options.Currency)
	}
	content, err := loadContent(dataFiles)
	if err != nil {
		return nil, err
	}
	g := &generator{
		content: content, dice: newDice(options.Seed), words: newDice(options.Seed), options: options, scale: scale,
	}
	g.schedule = newSchedule(g.dice, g.shelves)
	return g, nil
}
