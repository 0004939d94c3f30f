package money

import (
	"errors"
	"strconv"
	"strings"
)

// The errors of Parse; distinguish them with errors.Is.
var (
	// ErrDecimals is for amounts with more decimals than the currency has.
	ErrDecimals = errors.New("the amount has more decimals than its currency")
	// ErrRange is for amounts that 64 bits of the smallest unit cannot hold.
	ErrRange = errors.New("the amount is too large: at most 9,223,372,036,854,775,807 of the currency's smallest unit can be stored")
)

var errNotDecimal = errors.New("not a decimal number in plain digits, such as 1234.50")

// Parse reads a decimal number in plain digits, such as 19.90 or -5, as an amount in the
// currency: what Decimal writes, with or without zeros at either end. It never rounds.
func Parse(text, currency string) (Amount, error) {
	scale, err := Scale(currency)
	if err != nil {
		return Amount{}, err
	}
	number, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(number, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return Amount{}, errNotDecimal
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > scale {
		return Amount{}, ErrDecimals
	}
	minor, err := strconv.ParseInt("0"+whole+fraction+strings.Repeat("0", scale-len(fraction)), 10, 64)
	if err != nil {
		return Amount{}, ErrRange
	}
	if negative {
		minor = -minor
	}
	return Amount{Minor: minor, Currency: currency}, nil
}
