package money_test

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/money"
)

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency string
		want     string
	}{
		{10500, "USD", "105.00"},
		{14000000, "VND", "14000000"},
		{0, "USD", "0.00"},
		{0, "JPY", "0"},
		{5, "USD", "0.05"},
		{-5, "USD", "-0.05"},
		{50, "EUR", "0.50"},
		{-12345, "INR", "-123.45"},
		{1, "KWD", "0.001"},
		{1234, "KWD", "1.234"},
		{math.MaxInt64, "USD", "92233720368547758.07"},
		{math.MinInt64, "USD", "-92233720368547758.08"},
		{math.MinInt64, "JPY", "-9223372036854775808"},
		{100, "???", "1.00"},
		{1, "CLF", "0.0001"},
		{math.MinInt64, "CLF", "-922337203685477.5808"},
	} {
		require.Equal(t, c.want, money.Amount{Minor: c.minor, Currency: c.currency}.Decimal())
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		want           int64
	}{
		{"0", "USD", 0},
		{"0.00", "USD", 0},
		{"-0", "USD", 0},
		{"105.00", "USD", 10500},
		{"1234", "USD", 123400},
		{"19.9", "EUR", 1990},
		{".5", "USD", 50},
		{"25.", "USD", 2500},
		{"-62.06", "GBP", -6206},
		{"-.05", "GBP", -5},
		{"14000000", "VND", 14000000},
		{"15.000", "VND", 15},
		{".0", "JPY", 0},
		{"1.250", "KWD", 1250},
		{"1.25", "KWD", 1250},
		{"0.0001", "CLF", 1},
		{"92233720368547758.07", "USD", math.MaxInt64},
		{"-92233720368547758.07", "USD", -math.MaxInt64},
		{"9223372036854775807", "JPY", math.MaxInt64},
		{"00000000000000000000000000012.30", "USD", 1230},
		{"1.1000000000000000000000000000000000", "USD", 110},
	} {
		amount, err := money.Parse(c.text, c.currency)
		require.NoError(t, err, c.text)
		require.Equal(t, money.Amount{Minor: c.want, Currency: c.currency}, amount, c.text)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"92233720368547758.08":      money.ErrRange,
		"-92233720368547758.08":     money.ErrRange,
		"99999999999999999999":      money.ErrRange,
		strings.Repeat("9", 10_000): money.ErrRange,
		"0.001":                     money.ErrDecimals,
		"-1.999":                    money.ErrDecimals,
		"1.0000000000000000000001":  money.ErrDecimals,
	} {
		_, err := money.Parse(text, "USD")
		require.ErrorIs(t, err, want, text)
	}
	_, err := money.Parse("0.5", "JPY")
	require.ErrorIs(t, err, money.ErrDecimals)
	for _, text := range []string{
		"", " ", ".", "-", "-.", "+5", "--5", "5-", " 5", "5 ", "$5", "5 USD", "1,234", "1,234.50", "12,5", "1 234", "1'234",
		"1.2.3", "1..2", "1e3", "1E3", "0x10", "1_000", "NaN", "Inf", "(5)", "5%", "١٢", "5\x00", "５",
	} {
		_, err := money.Parse(text, "USD")
		require.ErrorContains(t, err, "plain digits", text)
	}
	_, err = money.Parse("5", "usd")
	require.ErrorContains(t, err, "ISO 4217")
}

// FuzzParse holds Parse to what arithmetic of any precision says of the same text, and an
// amount to its own decimal form.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0", "-0.05", "19.90", ".5", "5.", "1.2.3", "1e3", "92233720368547758.08", "0.0050"} {
		f.Add(seed, "USD")
	}
	f.Add("15.000", "VND")
	f.Fuzz(func(t *testing.T, text, currency string) {
		scale, scaleErr := money.Scale(currency)
		amount, err := money.Parse(text, currency)
		plain := regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)$`).MatchString(text)
		if scaleErr != nil || !plain {
			require.Error(t, err)
			return
		}
		want, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
		want.Mul(want, new(big.Rat).SetInt(unit))
		exact := want.IsInt() && new(big.Int).Abs(want.Num()).IsInt64()
		require.Equal(t, exact, err == nil, err)
		if err != nil {
			return
		}
		require.Zero(t, want.Cmp(new(big.Rat).SetInt64(amount.Minor)))
		again, err := money.Parse(amount.Decimal(), currency)
		require.NoError(t, err)
		require.Equal(t, amount, again)
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = money.Parse("128900.50", "INR")
	}
}

func BenchmarkDecimal(b *testing.B) {
	var buf [32]byte
	b.ReportAllocs()
	for b.Loop() {
		_ = money.Amount{Minor: 12890000, Currency: "INR"}.AppendDecimal(buf[:0])
	}
}

func BenchmarkScaleOfRareCurrency(b *testing.B) {
	for b.Loop() {
		_, _ = money.Scale("THB")
	}
}
