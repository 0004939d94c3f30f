package money

import (
	"fmt"
	"math"
)

// Provider is a payment provider whose API counts some currencies in other units than
// those of ISO 4217.
type Provider string

// The providers. The sources are their lists of currencies, as of 2026:
// docs.stripe.com/currencies and docs.adyen.com/development-resources/currency-codes.
const (
	Stripe Provider = "stripe"
	Adyen  Provider = "adyen"
)

// ChargeUnits returns the amount in the units in which the provider's API takes it for a
// charge, and an error if the provider cannot charge it exactly: the caller must round
// the total before the customer sees it. Payouts have other rules, such as whole forints
// and Taiwan dollars at Stripe. A provider that is not listed counts as ISO 4217 does.
func (a Amount) ChargeUnits(provider Provider) (int64, error) {
	scale, err := Scale(a.Currency)
	if err != nil {
		return 0, err
	}
	decimals, step := chargeScale(provider, a.Currency, scale)
	units := a.Minor
	for ; scale < decimals; scale++ {
		if units > math.MaxInt64/10 || units < math.MinInt64/10 {
			return 0, ErrRange
		}
		units *= 10
	}
	for ; scale > decimals; scale-- {
		if units%10 != 0 {
			return 0, fmt.Errorf("%s cannot charge %s: it takes %s with %d decimals", provider, a, a.Currency, decimals)
		}
		units /= 10
	}
	if units%step != 0 {
		return 0, fmt.Errorf("%s cannot charge %s: it takes only multiples of %s", provider, a, Amount{step, a.Currency})
	}
	return units, nil
}

// chargeScale returns how many decimals the provider's amounts have, and of how many
// units an amount must be a multiple.
func chargeScale(provider Provider, currency string, iso int) (decimals int, step int64) {
	switch provider {
	case Stripe:
		switch currency {
		case "MGA":
			return 0, 1
		case "ISK", "UGX": // they had two decimals once; now these are always 00
			return 2, 1
		}
		if iso == 3 { // the card networks take two of the three decimals
			return 3, 10
		}
	case Adyen:
		switch currency {
		case "CVE", "IDR":
			return 0, 1
		case "CLP", "ISK":
			return 2, 1
		}
	}
	return iso, 1
}
