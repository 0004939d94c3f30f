package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"souk/internal/fault"
	"souk/internal/money"
)

// MoneyInput is an amount as the client sent it.
type MoneyInput struct {
	Amount       string
	CurrencyCode *string // nil: the shop's currency
}

// noCurrency is ISO 4217's code for no currency. A variant without any amount has it.
const noCurrency = "XXX"

// amount parses an amount. shopCurrency is that of an amount that names none, "" if the
// shop has none. If the amount is not valid, it adds a problem and returns nil.
func (m *MoneyInput) amount(problems *fault.Problems, field, shopCurrency string) *money.Amount {
	currency := shopCurrency
	switch {
	case m.CurrencyCode != nil:
		currency = *m.CurrencyCode
	case shopCurrency == "":
		problems.Add(fault.ReasonRequired, field+".currencyCode", CurrencyMissing)
		return nil
	}
	scale, err := money.Scale(currency)
	if err != nil {
		problems.Add(fault.ReasonInvalid, field+".currencyCode", "it is not an ISO 4217 currency code; give one such as EUR")
		return nil
	}
	amount, err := money.Parse(m.Amount, currency)
	switch {
	case errors.Is(err, money.ErrDecimals):
		problems.Add(fault.ReasonInvalid, field+".amount", "it has more than the %d decimals of %s; round it", scale, currency)
	case errors.Is(err, money.ErrRange):
		problems.Add(fault.ReasonInvalid, field+".amount", "it is larger than any amount that can be stored; give a smaller amount")
	case err != nil:
		problems.Add(fault.ReasonInvalid, field+".amount", "it is not an amount; write it like \"19.90\"")
	case strings.HasPrefix(m.Amount, "-"):
		problems.Add(fault.ReasonInvalid, field+".amount", "it is below zero; give zero or more")
	default:
		return &amount
	}
	return nil
}

// setPrices sets the amounts of a variant. All of them must be in one currency.
func (c *variantsChange) setPrices(problems *fault.Problems, in VariantInput, v *variantRow) {
	before := v.Currency
	currency := ""
	kept := false // whether an amount in the currency before is kept
	for _, part := range []struct {
		field string
		patch Patch[*MoneyInput]
		into  **int64
	}{
		{"price", in.Price, &v.PriceMinor}, {"compareAtPrice", in.CompareAtPrice, &v.CompareAtPriceMinor}, {"cost", in.Cost, &v.CostMinor},
	} {
		if !part.patch.Set {
			kept = kept || *part.into != nil
			continue
		}
		if *part.into = nil; part.patch.Value == nil {
			continue
		}
		amount := part.patch.Value.amount(problems, part.field, c.shopCurrency)
		switch {
		case amount == nil:
			continue
		case currency == "":
			currency = amount.Currency
			c.checkCurrency(problems, part.field, currency, before)
		case currency != amount.Currency:
			problems.Add(fault.ReasonInvalid, part.field+".currencyCode", "the other amounts are in %s; give all of them in one currency", currency)
		}
		*part.into = &amount.Minor
	}
	if currency == "" {
		return
	}
	if kept && currency != before {
		problems.Add(fault.ReasonInvalid, "", "the variant has other amounts in %s; give all of them in one currency", before)
	}
	v.Currency = currency
}

// checkCurrency adds a problem if the currency is not that of the product. A variant
// that already has another currency may keep it; imported variants can have one.
func (c *variantsChange) checkCurrency(problems *fault.Problems, field, currency, before string) {
	switch {
	case c.currency == "":
		c.currency = currency
	case c.currency != currency && before != currency:
		problems.Add(fault.ReasonInvalid, field+".currencyCode", "the product's prices are in %s; give all of them in one currency", c.currency)
	}
}

// remainingCurrency returns the currency of the variants whose prices the items do
// not change, or "" if none of those has a price.
func (c *variantsChange) remainingCurrency(items []VariantInput) string {
	for _, v := range c.existing {
		changes := func(in VariantInput) bool { return in.ID != nil && *in.ID == v.ID && in.Price.Set }
		if v.PriceMinor != nil && !slices.ContainsFunc(items, changes) {
			return v.Currency
		}
	}
	return ""
}

// currencyFor returns the shop's currency if an item has an amount that names none. It
// is "" if no item has one, or the shop has no currency.
func (tx *Tx) currencyFor(ctx context.Context, items []VariantInput) (string, error) {
	if !slices.ContainsFunc(items, func(in VariantInput) bool {
		amounts := []*MoneyInput{in.Price.Value, in.CompareAtPrice.Value, in.Cost.Value}
		return slices.ContainsFunc(amounts, func(m *MoneyInput) bool { return m != nil && m.CurrencyCode == nil })
	}) {
		return "", nil
	}
	return tx.shopCurrency(ctx)
}

// moneyText returns an amount for the audit log in the API's format: 49.90 EUR.
func moneyText(currency string, minor *int64) *string {
	if minor == nil {
		return nil
	}
	return text(money.Amount{Minor: *minor, Currency: currency})
}

// VariantCost is the purchase cost of a variant.
type VariantCost struct {
	VariantID VariantID
	Currency  string
	CostMinor int64
}

var costColumns = columnsOf("",
	col("v.id", asUUID, func(c *VariantCost) *VariantID { return &c.VariantID }),
	col("v.currency", asText, func(c *VariantCost) *string { return &c.Currency }),
	col("v.cost_minor", asInt, func(c *VariantCost) *int64 { return &c.CostMinor }),
).all()

// Amount returns the cost as an amount.
func (c *VariantCost) Amount() *money.Amount {
	return &money.Amount{Minor: c.CostMinor, Currency: c.Currency}
}

// CostsByVariantIDs returns the costs of the variants that have one. It returns none
// if the view does not show drafts, because costs are internal to the shop.
func (r *Reader) CostsByVariantIDs(ctx context.Context, ids []VariantID) ([]*VariantCost, error) {
	statement := `-- name: CostsByVariantIDs
SELECT ` + costColumns.sql + `
FROM variants v
WHERE v.id = ANY (@ids) AND v.cost_minor IS NOT NULL AND @drafts`
	return many(ctx, r, costColumns, statement, args{"ids": keysOf(ids), "drafts": r.view.Drafts})
}
