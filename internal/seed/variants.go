package seed

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"souk/internal/artwork"
	"souk/internal/importer"
	"souk/internal/money"
)

// axis is one option of a product.
type axis struct {
	name   string
	values []value
}

// value is one choice of an option. Its factor is for the price.
type value struct {
	label  string
	code   string // in the SKU
	factor float64
	colour string // of the artwork; empty: it changes nothing that shows
}

func values(pairs ...any) []value {
	out := make([]value, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		label := pairs[i].(string)
		out = append(out, value{label: label, code: codeOf(label), factor: pairs[i+1].(float64)})
	}
	return out
}

// codeOf shortens a label to letters and digits for a SKU: "Extra Long" is EXT.
func codeOf(label string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(label) {
		if r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		}
	}
	code := b.String()
	if len(code) > 3 && !unicode.IsDigit(rune(code[0])) {
		return code[:3]
	}
	return code
}

// choose gives the product its options.
func (g *generator) choose(it *item) {
	d := g.set(streamVariants, uint64(it.number))
	run := func(all []value, low int) []value { // neighbours, as sizes are
		n := d.upTo(min(low, len(all)), len(all))
		from := d.IntN(len(all) - n + 1)
		return all[from : from+n]
	}
	add := func(name string, chosen []value) { it.axes = append(it.axes, axis{name, chosen}) }
	switch it.shelf.options {
	case chooseColour:
		add("Color", g.colours(it, 1, 4))
	case chooseColourAndSize:
		add("Color", g.colours(it, 1, 4))
		add("Size", run(values("XS", 1.0, "S", 1.0, "M", 1.0, "L", 1.0, "XL", 1.0, "XXL", 1.0), 4))
	case chooseColourAndShoeSize:
		add("Color", g.colours(it, 1, 3))
		add("Size", run(values("36", 1.0, "37", 1.0, "38", 1.0, "39", 1.0, "40", 1.0, "41", 1.0, "42", 1.0, "43", 1.0, "44", 1.0, "45", 1.0), 6))
	case chooseFinish:
		finish := g.colours(it, 1, 3)
		add("Finish", finish)
	case chooseStorageAndColour:
		add("Storage", run(values("64 GB", 0.85, "128 GB", 1.0, "256 GB", 1.15, "512 GB", 1.4), 2))
		add("Color", g.colours(it, 1, 3))
	case chooseFormat:
		if d.chance(0.75) {
			add("Format", values("Paperback", 1.0, "Hardcover", 1.7, "E-Book", 0.7)[:d.upTo(1, 3)])
		}
	case chooseScent:
		add("Scent", sample(d, values("Fig", 1.0, "Lavender", 1.0, "Cedar & Smoke", 1.0, "Bergamot", 1.0, "Unscented", 1.0, "Rose Geranium", 1.0), d.upTo(2, 4)))
	case chooseVolume:
		if d.chance(0.6) {
			add("Volume", run(values("30 ml", 0.7, "50 ml", 1.0, "100 ml", 1.6, "200 ml", 2.6), 2))
		}
	case chooseBedSize:
		add("Size", run(values("Single", 0.75, "Double", 1.0, "King", 1.2, "Super King", 1.4), 3))
		add("Color", g.colours(it, 1, 3))
	case choosePackWeight:
		add("Weight", run(values("100 g", 0.5, "250 g", 1.0, "500 g", 1.8, "1 kg", 3.4), 2))
	case chooseSizeOnly:
		add("Size", run(values("Small", 0.7, "Medium", 1.0, "Large", 1.4, "Extra Large", 1.9), 2))
	case chooseLength:
		add("Length", values("Regular", 1.0, "Long", 1.1))
	}
	for _, a := range it.axes {
		it.product.Options = append(it.product.Options, a.name)
	}
}

// withoutVowels keeps the codes of colours apart: blue is BL, blush BLS.
func withoutVowels(label string) string {
	return label[:1] + strings.NewReplacer("a", "", "e", "", "i", "", "o", "", "u", "").Replace(label[1:])
}

func (g *generator) colours(it *item, low, high int) []value {
	names := sample(g.dice, it.shelf.colours, g.upTo(low, high))
	// Which one is shown first is drawn too, else half the shop were white.
	g.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	it.colours = names
	out := make([]value, len(names))
	for i, name := range names {
		label := strings.ToUpper(name[:1]) + name[1:]
		out[i] = value{label: label, code: codeOf(withoutVowels(label)), factor: 1, colour: name}
	}
	return out
}

// price makes the variants: every combination of the options, but for a few that
// are not made.
func (g *generator) price(it *item) {
	d := g.set(streamVariants, uint64(it.number)|1<<62)
	base := d.between(it.noun.low, it.noun.high, 1.6)
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
			v.ImageURL = artwork.Path(it.noun.art, choice.colour, it.hash, 1)
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
	weight := math.Round(it.noun.weightGrams * math.Sqrt(factor))
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
