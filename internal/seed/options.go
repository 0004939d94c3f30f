package seed

import (
	"strings"
	"unicode"

	"souk/internal/yamlfile"
)

// choice is what a shopper chooses among the variants of a product.
type choice struct {
	yamlfile.Place
	// Chance is how likely a product has the options. 0: each has them.
	Chance float64      `yaml:"chance,optional"`
	Axes   []axisChoice `yaml:"axes"`
}

// axisChoice is an option and how its values are drawn.
type axisChoice struct {
	yamlfile.Place
	Name    string    `yaml:"name"`
	Draw    draw      `yaml:"draw"`
	AtLeast int       `yaml:"at_least,optional"`
	AtMost  int       `yaml:"at_most,optional"`
	Values  []string  `yaml:"values,optional"`
	Factors []float64 `yaml:"factors,optional"` // of the price, by value; empty: 1
}

// draw is a way to choose a product's values among all that an option has.
type draw string

const (
	drawColours    draw = "colours"    // of the leaf
	drawNeighbours draw = "neighbours" // at least so many that follow each other
	drawSome       draw = "some"
	drawFirst      draw = "first"
	drawAll        draw = "all"
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

func (a axisChoice) values() []value {
	out := make([]value, len(a.Values))
	for i, label := range a.Values {
		out[i] = value{label: label, code: codeOf(label), factor: 1}
		if len(a.Factors) > 0 {
			out[i].factor = a.Factors[i]
		}
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
	offered, any := g.choices[it.shelf.Options]
	if !any || offered.Chance > 0 && !d.chance(offered.Chance) {
		return
	}
	for _, a := range offered.Axes {
		it.axes = append(it.axes, axis{a.Name, g.draw(it, a)})
		it.product.Options = append(it.product.Options, a.Name)
	}
}

// draw chooses the product's values of an option.
func (g *generator) draw(it *item, a axisChoice) []value {
	all := a.values()
	switch a.Draw {
	case drawColours:
		return g.colours(it, a.AtLeast, a.AtMost)
	case drawNeighbours:
		n := g.upTo(a.AtLeast, len(all))
		from := g.IntN(len(all) - n + 1)
		return all[from : from+n]
	case drawSome:
		return sample(g.dice, all, g.upTo(a.AtLeast, a.AtMost))
	case drawFirst:
		return all[:g.upTo(a.AtLeast, a.AtMost)]
	case drawAll:
		return all
	}
	panic("seed: a way to draw that the check has let pass: " + string(a.Draw))
}

// withoutVowels keeps the codes of colours apart: blue is BL, blush BLS.
func withoutVowels(label string) string {
	return label[:1] + strings.NewReplacer("a", "", "e", "", "i", "", "o", "", "u", "").Replace(label[1:])
}

func (g *generator) colours(it *item, low, high int) []value {
	names := sample(g.dice, it.shelf.Colours, g.upTo(low, high))
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
