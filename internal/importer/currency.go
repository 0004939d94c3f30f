package importer

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// UsageError is an import that was asked for wrongly. Nothing was read or changed.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *UsageError) Unwrap() error { return e.Err }

// ErrNoCurrency is returned for prices of which neither the file nor the shop says the
// currency.
var ErrNoCurrency = errors.New("the currency of the prices is not known: add --currency EUR (or the code of your currency), " +
	"or set the shop's currency once with souk shop set --currency EUR")

// currencyTaker is a Reader of prices that may be in the shop's currency.
type currencyTaker interface {
	// inShopsCurrency returns a Reader that takes the shop's currency for prices
	// without one. code is "" if the shop has no currency. ok is false if the Reader
	// needs one and has none.
	inShopsCurrency(code string) (r Reader, ok bool)
}

// takeShopsCurrency gives a reader the shop's currency, unless the options name one.
func (o *Options) takeShopsCurrency(ctx context.Context, conn *pgx.Conn, reader Reader) (Reader, error) {
	taker, ok := reader.(currencyTaker)
	if !ok || o.Currency != "" {
		return reader, nil
	}
	const statement = `-- name: ImportCurrency
SELECT coalesce(s.currency, '')
FROM shop s`
	var code string
	if err := conn.QueryRow(ctx, statement).Scan(&code); err != nil {
		return nil, fmt.Errorf("read the shop's currency: %w", err)
	}
	if reader, ok = taker.inShopsCurrency(code); !ok {
		return nil, &UsageError{ErrNoCurrency}
	}
	return reader, nil
}

func (s shopifyProducts) inShopsCurrency(code string) (Reader, bool) {
	s.currency = code
	return s, code != ""
}

// inShopsCurrency changes nothing for a mapping that names its currency. A mapping with
// a column for it can do without: only rows with a blank cell need another.
func (t table) inShopsCurrency(code string) (Reader, bool) {
	if m := t.mapping; m.variants == nil || m.money.currency != "" {
		return t, true
	}
	t.currency = code
	return t, code != "" || t.mapping.money.currencyColumn != nil
}
