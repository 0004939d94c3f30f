// Package seed makes up a demo shop and stores it: departments and categories,
// vendors, products with options, variants, prices and pictures, stock at three
// places, customers and their reviews.
//
// All of it follows from a seed number, and each product from its own number
// alone: a shop of 10,000 products begins with the products of the shop of 500.
// It is stored by the importer, so seeding a second time changes nothing, and
// seeding more adds what is missing. Only ids and the times of storing differ
// between two shops of one seed.
package seed

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"souk/internal/importer"
	"souk/internal/money"
)

// Source is the source that the importer knows the demo shop's records by.
const Source = "seed"

const (
	defaultProducts = 500
	// MaxProducts is what article numbers and barcodes have digits for.
	MaxProducts     = 1_000_000
	defaultSeed     = 1
	defaultCurrency = "USD"
)

// Options says what shop to make up.
type Options struct {
	// DatabaseURL is the primary. Seeding holds one session of it from start to
	// end, so it must not go through a pooler in transaction mode.
	DatabaseURL string
	// Products is how many products the shop has, at most MaxProducts. 0: 500.
	Products int
	// Seed chooses the shop. 0: 1. Another seed gives other products under the same
	// article numbers, so use one seed for one database: a second one rewrites them.
	Seed uint64
	// Currency is the ISO 4217 code of all prices. Empty: USD.
	Currency string
	// Progress is where progress is shown: as a bar when it is a terminal, else as
	// a line every five seconds. nil: not at all.
	Progress *os.File
	// Log gets a record for each phase. nil: none.
	Log *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if o.Products == 0 {
		o.Products = defaultProducts
	}
	if o.Products < 0 || o.Products > MaxProducts {
		return o, fmt.Errorf("%d products cannot be made up: give a number from 1 to %d", o.Products, MaxProducts)
	}
	if o.Seed == 0 {
		o.Seed = defaultSeed
	}
	if o.Currency == "" {
		o.Currency = defaultCurrency
	}
	return o, nil
}

// Run makes up the shop and stores what of it is not there yet. The report's
// rows are products. It is not nil when the error comes from storing.
//
// Memory depends on neither the number of products nor what the shop has.
func Run(ctx context.Context, options Options) (*importer.Report, error) {
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
		return nil, fmt.Errorf("prices in %s cannot be made up", options.Currency)
	}
	g := &generator{
		dice: newDice(options.Seed), words: newDice(options.Seed), options: options,
		shelves: shelves(), specials: specials(), phrases: newPhrases(), scale: scale,
	}
	g.schedule = newSchedule(g.dice, g.shelves)
	return g, nil
}
