package seed

import (
	"fmt"
	"math"
	"strings"

	"souk/internal/artwork"
	"souk/internal/importer"
	"souk/internal/money"
)

// price makes the variants: every combination of the options, but for a few that
// are not made.
func (g *generator) price(it *item) {
	d := g.set(streamVariants, uint64(it.number)|1<<62)
	base := d.between(it.noun.Low, it.noun.High, 1.6)
	ending := d.IntN(10)
	sale := 1.0
	if d.chance(0.16) {
		sale = d.between(1.15, 1.6, 1)
	}
	margin := d.between(0.38, 0.62, 1)
	combinations := [][]value{nil}
	for _, a := range it.axes {
		var longer [][]value
		for _, c := range combinations {
			for _, v := range a.values {
				longer = append(longer, append(c[:len(c):len(c)], v))
			}
		}
		combinations = longer
	}
	for n, combination := range combinations {
		if n > 0 && len(combinations) > 6 && d.chance(0.04) {
			continue
		}
		it.variants = append(it.variants, g.variant(it, n, combination, base, sale, margin, ending))
	}
}

func (g *generator) variant(it *item, n int, combination []value, base, sale, margin float64, ending int) *importer.Variant {
	v := &importer.Variant{
		Place: it.product.Place, ProductKey: it.product.Key, Position: n + 1, Currency: g.options.Currency,
		Barcode: barcode(g.options.Seed, it.number, n), InventoryTracked: true,
	}
	factor, sku := 1.0, []string{it.shelf.code + strings.ToUpper(codeOf(it.shelf.path[2])), fmt.Sprintf("%05d", it.number+1)}
	for _, choice := range combination {
		factor *= choice.factor
		v.OptionValues = append(v.OptionValues, choice.label)
		sku = append(sku, choice.code)
		if choice.colour != "" {
			v.ImageURL = artwork.Path(it.noun.Art, choice.colour, it.hash, 1)
		}
	}
	v.Title = strings.Join(v.OptionValues, " / ")
	v.Key, v.SKU = v.Title, strings.Join(sku, "-")
	amount := g.amount(base*factor, ending)
	v.Price = &amount
	if sale > 1 {
		if before := g.amount(base*factor*sale, ending); before.Minor > amount.Minor {
			v.CompareAtPrice = &before
		}
	}
	v.Cost = &money.Amount{Minor: int64(float64(amount.Minor) * margin), Currency: amount.Currency}
	weight := math.Round(it.noun.Grams * math.Sqrt(factor))
	v.WeightGrams = &weight
	return v
}

// amount writes a price as shops do: 49.00, 49.95, 49.99; 4,980 where the
// currency has no decimals.
func (g *generator) amount(units float64, ending int) money.Amount {
	amount := money.Amount{Currency: g.options.Currency}
	units *= unitsPerDollar(g.options.Currency)
	if g.scale == 0 {
		amount.Minor = max(int64(units/100+0.5)*100-20, 80)
		return amount
	}
	whole := max(math.Round(units), 2)
	cents := []int64{0, 0, 0, -5, -5, -5, -5, -1, -1, -50}[ending]
	if whole >= 300 {
		whole, cents = math.Round(whole/10)*10-1, 0 // 349.00, not 352.95
	}
	amount.Minor = (int64(whole)*100 + cents) * int64(math.Pow10(g.scale-2))
	return amount
}

// unitsPerDollar is roughly the value of a dollar in the currency, so that demo
// prices look realistic; 1 for a currency of about the dollar's value, or an
// unknown one.
func unitsPerDollar(currency string) float64 {
	switch currency {
	case "JPY":
		return 140
	case "KRW":
		return 1300
	case "VND":
		return 24_000
	case "INR":
		return 80
	case "SEK", "NOK":
		return 10
	case "DKK":
		return 7
	}
	return 1
}

// barcode is a GTIN-13 with a prefix from 200 to 299, which GS1 reserves for a
// shop's internal use, so it belongs to no real product.
func barcode(seed uint64, product, variant int) string {
	digits := fmt.Sprintf("2%d%07d%03d", seed%10, product%10_000_000, variant%1000)
	return digits + string(rune('0'+checkDigit(digits)))
}

// checkDigit weighs the digits 1 and 3 in turn from the left, as the GS1 General
// Specifications say for twelve digits.
func checkDigit(digits string) int {
	sum := 0
	for i, r := range digits {
		weight := 1 + 2*(i%2)
		sum += int(r-'0') * weight
	}
	return (10 - sum%10) % 10
}
