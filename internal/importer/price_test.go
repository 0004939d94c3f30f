package importer

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/money"
)

func TestParsePrice(t *testing.T) {
	auto := priceFormat{}
	point := priceFormat{decimal: '.'}
	comma := priceFormat{decimal: ','}
	for _, c := range []struct {
		text, currency string
		format         priceFormat
		want           int64
	}{
		{"0", "USD", auto, 0},
		{"0.00", "USD", auto, 0},
		{"105.00", "USD", auto, 10500},
		{"1234", "USD", auto, 123400},
		{"14000000", "VND", auto, 14000000},
		{".5", "USD", auto, 50},
		{"25.", "USD", auto, 2500},
		{"-62.06", "GBP", auto, -6206},
		{"$25.00", "USD", auto, 2500},
		{"$1,000.00", "USD", auto, 100000},
		{"$.99", "USD", auto, 99},
		{"-$5", "USD", auto, -500},
		{"$-5", "USD", auto, -500},
		{"\u22125", "USD", auto, -500},
		{"  12.50 € ", "EUR", auto, 1250},
		{"1.234,50 €", "EUR", auto, 123450},
		{"1 234,50", "EUR", auto, 123450},
		{"1\u00a0234,50\u00a0€", "EUR", auto, 123450},
		{"1\u202f234\u202f567", "EUR", auto, 123456700},
		{"1'234.50", "CHF", auto, 123450},
		{"12,5", "EUR", auto, 1250},
		{"1,234", "USD", auto, 123400},
		{"1.234.567", "VND", auto, 1234567},
		{"12,34,567", "INR", auto, 123456700},
		{"₹1,28,900", "INR", auto, 12890000},
		{"₹1,516.20", "INR", auto, 151620},
		{"₹6,10,82,990", "INR", auto, 6108299000},
		{"₹9,89,99,99,999", "INR", auto, 989999999900},
		{"Rs. 1,299", "INR", auto, 129900},
		{"Rs.50", "INR", auto, 5000},
		{"Rs 50", "INR", auto, 5000},
		{"INR 50", "INR", auto, 5000},
		{"50 usd", "USD", auto, 5000},
		{"R$ 10,99", "BRL", auto, 1099},
		{"25:-", "SEK", auto, 2500},
		{"25,-", "EUR", auto, 2500},
		{"US$ 5", "USD", auto, 500},
		{"350.000₫", "VND", comma, 350000},
		{"1.234", "EUR", comma, 123400},
		{"1.250", "KWD", point, 1250},
		{"15.000", "VND", point, 15},
		{"1234.500", "USD", auto, 123450},
		{"0.500", "USD", auto, 50},
		{"1.580950000000000e+03", "USD", auto, 158095},
		{"1.580e+03", "USD", auto, 158000},
		{"9.90000000000000e-01", "USD", auto, 99},
		{"2.99e5", "IDR", auto, 29900000},
		{"1220,50 дин.", "RSD", auto, 122050},
		{"₡.50", "CRC", auto, 50},
		{"Lei 12", "MDL", auto, 1200},
		{"£5", "EGP", auto, 500},
		{"0.125", "IQD", auto, 125},
		{"XCG 5", "XCG", auto, 500},
		{"1.580950000000000E+06", "VND", auto, 1580950},
		{"0e99999999999999999999", "USD", auto, 0},
		{"92233720368547758.07", "USD", auto, math.MaxInt64},
		{"-92233720368547758.07", "USD", auto, -math.MaxInt64},
		{"00000000000000000000000000012.30", "USD", auto, 1230},
		{"1.1000000000000000000000000000000000", "USD", auto, 110},
	} {
		amount, err := parsePrice(c.text, c.currency, c.format)
		require.NoError(t, err, c.text)
		require.Equal(t, money.Amount{Minor: c.want, Currency: c.currency}, amount, c.text)
	}
}

func TestParsePriceRoundsHalfToEvenAndSaysSo(t *testing.T) {
	for text, want := range map[string]int64{
		"0.001": 0, "0.005": 0, "0.0050001": 1, "0.015": 2, "0.025": 2, "2.675": 268, "-0.015": -2,
		"1.2345e-9": 0, "19.99999": 2000, "4.440892e-16": 0,
	} {
		amount, err := parsePrice(text, "USD", priceFormat{decimal: '.'})
		require.ErrorIs(t, err, errRounded, text)
		require.Equal(t, want, amount.Minor, text)
	}
}

func TestParsePriceRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"92233720368547758.08":      money.ErrRange,
		"1e40":                      money.ErrRange,
		"99999999999999999999":      money.ErrRange,
		strings.Repeat("9", 10_000): money.ErrRange,
		"1.234":                     errAmbiguous,
		"15.000":                    errAmbiguous,
		"€5":                        errCurrency,
		"5 EUR":                     errCurrency,
		"R$ 5":                      errCurrency,
		"£5":                        errCurrency,
		"5 ₡":                       errCurrency,
		"5 лв.":                     errCurrency,
		"SLE 5":                     errCurrency,
	} {
		_, err := parsePrice(text, "USD", priceFormat{})
		require.ErrorIs(t, err, want, text)
	}
	for _, text := range []string{
		"", " ", "-", "Get", "FREE", "FREE Delivery by Amazon", "Only 2 left in stock.", "$", "1-2", "10 - 20",
		".a-box-inner{background-color:#fff}#alohaBuyBoxWidget .selected{border-color:#e77600}",
		"1,2,3", "1,23", "12,3456,789", "1234,567.00", "1.2.3", "1,,234", "e5", "1e", "1e+", "1e5e5", "5%", "1.5.5e3",
		"(5)", "5-", "--5", "١٢", "0x10", "1_000", "NaN", "Inf", "5 apples", "🍎5",
	} {
		_, err := parsePrice(text, "USD", priceFormat{decimal: '.'})
		require.Error(t, err, text)
		require.NotErrorIs(t, err, errRounded, text)
	}
	_, err := parsePrice("5", "usd", priceFormat{})
	require.ErrorContains(t, err, "ISO 4217")
	_, err = parsePrice("1 234", "USD", priceFormat{group: ","})
	require.Error(t, err, "blanks do not group where the format says comma")
}

// FuzzParsePrice holds parsePrice to what arithmetic of any precision says of the same
// text, and an amount to its own decimal form.
func FuzzParsePrice(f *testing.F) {
	for _, seed := range []string{"₹1,28,900", "1.580950000000000e+03", "-0.005", "$1,000.00", "1.234,50", "5e-1", "Rs.5", ".5", "1'2"} {
		f.Add(seed, "USD")
	}
	f.Add("₹9,89,99,99,999", "INR")
	f.Add("15.000", "VND")
	f.Fuzz(func(t *testing.T, text, currency string) {
		_, _ = parsePrice(text, currency, priceFormat{decimal: ','})
		amount, err := parsePrice(text, currency, priceFormat{decimal: '.'})
		if err != nil && !errors.Is(err, errRounded) {
			return
		}
		again, againErr := parsePrice(amount.Decimal(), currency, priceFormat{decimal: '.'})
		require.NoError(t, againErr)
		require.Equal(t, amount, again)

		want, ok := new(big.Rat).SetString(text)
		if !ok || strings.ContainsAny(text, "/xXbBoO_pP") {
			return
		}
		scale, _ := money.Scale(currency)
		unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		off := new(big.Rat).Sub(want.Mul(want, unit), new(big.Rat).SetInt64(amount.Minor))
		require.LessOrEqual(t, off.Abs(off).Cmp(big.NewRat(1, 2)), 0, "more than half a unit off")
		require.Equal(t, off.Sign() == 0, err == nil, "rounded without a word, or said so of an exact amount")
	})
}

func BenchmarkParsePrice(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = parsePrice("₹1,28,900", "INR", priceFormat{})
	}
}
