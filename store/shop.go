package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Shop is the shop with its settings. There is one. A setting that nobody has made is
// nil.
type Shop struct {
	ID        ShopID
	Name      *string
	Currency  *string // of amounts that name none; ISO 4217
	Country   *string // ISO 3166-1
	TimeZone  *string // of the IANA database
	Languages []string
	UpdatedAt time.Time
	Version   int64
}

var shopColumns = columnsOf("Shop",
	col("s.id", asUUID, func(s *Shop) *ShopID { return &s.ID }),
	maybe("s.name", asText, func(s *Shop) **string { return &s.Name }),
	maybe("s.currency", asText, func(s *Shop) **string { return &s.Currency }),
	maybe("s.country", asText, func(s *Shop) **string { return &s.Country }),
	maybe("s.time_zone", asText, func(s *Shop) **string { return &s.TimeZone }),
	col("s.languages", asTexts, func(s *Shop) *[]string { return &s.Languages }),
	col("s.updated_at", asTime, func(s *Shop) *time.Time { return &s.UpdatedAt }),
	col("s.version", asInt, func(s *Shop) *int64 { return &s.Version }),
)

// Shop returns the shop.
func (r *Reader) Shop(ctx context.Context) (*Shop, error) {
	what := shopColumns.choose(r.selects)
	statement := `-- name: Shop
SELECT ` + what.sql + `
FROM shop s`
	return one(ctx, r, what, "the shop's row is missing from the database; restore it from a backup", statement, nil)
}

// ShopsByIDs returns the shop, if its key is among ids.
func (r *Reader) ShopsByIDs(ctx context.Context, ids []ShopID) ([]*Shop, error) {
	what := shopColumns.choose(r.selects)
	statement := `-- name: ShopsByIDs
SELECT ` + what.sql + `
FROM shop s
WHERE s.id = ANY (@ids)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}

// CurrencyMissing is the message for an amount without a currency in a shop without one.
const CurrencyMissing = "it is missing, and the shop has no currency yet: give currencyCode, or set the shop's currency with shopUpdate or `souk shop set --currency EUR`"

// shopCurrency returns the currency of the shop, or "" if it has none. It reads it once
// in a transaction. A savepoint that is undone does not change it.
func (tx *Tx) shopCurrency(ctx context.Context) (string, error) {
	if tx.currency == nil {
		const statement = `-- name: ShopCurrency
SELECT coalesce(s.currency, '') AS currency
FROM shop s`
		shop, err := oneRow[struct{ Currency string }](ctx, tx, statement, nil)
		switch {
		case err != nil:
			return "", err
		case shop == nil:
			return "", nil
		}
		tx.currency = &shop.Currency
	}
	return *tx.currency, nil
}
