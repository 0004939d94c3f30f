package seed

import "souk/internal/yamlfile"

// special is a product that is written by hand: names with accents and in other
// scripts, which a search must also find.
type special struct {
	yamlfile.Place
	Leaf   string   `yaml:"leaf"`
	Art    string   `yaml:"art"`
	Noun   string   `yaml:"noun"` // what reviews call it
	Title  string   `yaml:"title"`
	Vendor string   `yaml:"vendor"`
	HTML   string   `yaml:"html"`
	Low    float64  `yaml:"low"` // of its price, in dollars
	High   float64  `yaml:"high"`
	Tags   []string `yaml:"tags"`
}

// Specials are among the first products, one in each specialEvery.
const (
	specialFirst = 4
	specialEvery = 23
)

func (g *generator) specialAt(i int) (special, bool) {
	n := (i - specialFirst) / specialEvery
	if i < specialFirst || (i-specialFirst)%specialEvery != 0 || n >= len(g.specials) {
		return special{}, false
	}
	return g.specials[n], true
}

func (g *generator) makeSpecial(it *item, s special) {
	for i := range g.shelves {
		if g.shelves[i].Name == s.Leaf {
			it.shelf = &g.shelves[i]
		}
	}
	it.noun = noun{Name: s.Noun, Art: s.Art, Low: s.Low, High: s.High, Grams: it.shelf.Nouns[0].Grams}
	it.product.Status = "ACTIVE"
	it.product.Title, it.product.Vendor, it.product.DescriptionHTML, it.product.Tags = s.Title, s.Vendor, s.HTML, s.Tags
}
