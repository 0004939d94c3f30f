package seed

import "strings"

// department is a root of the category tree.
type department struct {
	name   string
	code   string // two letters that its SKUs begin with
	trades []string
	groups []group
}

// group is a level between a department and its leaves.
type group struct {
	name   string
	leaves []leaf
}

// leaf is a category that products are filed in.
type leaf struct {
	name string
	// share is how many of cycle products are in this leaf.
	share int
	// late leaves get products only in shops of more than lateFrom products.
	late  bool
	theme theme
	// nouns are what the products are.
	nouns []noun
	// adjectives and materials come before the noun in a title.
	adjectives string // separated by commas
	materials  string // separated by commas
	colours    string // separated by blanks, names of the artwork's colours
	options    choice
	// facts are lines of the description's list, separated by bars. A product
	// has some of them.
	facts string
}

// noun is a kind of product.
type noun struct {
	name        string // as in titles
	art         string // as the artwork calls its shape
	low, high   float64
	weightGrams float64
}

// theme is what descriptions and reviews of a leaf's products speak about.
type theme int

const (
	themeHome theme = iota
	themeTextile
	themeKitchen
	themeTable
	themeWear
	themeCarry
	themeOutdoor
	themeTech
	themeBook
	themeToy
	themeCare
	themeFood
)

// choice is what a shopper chooses among the variants of a product.
type choice int

const (
	chooseNothing choice = iota
	chooseColour
	chooseColourAndSize
	chooseColourAndShoeSize
	chooseFinish
	chooseStorageAndColour
	chooseFormat
	chooseScent
	chooseVolume
	chooseBedSize
	choosePackWeight
	chooseSizeOnly
	chooseLength
)

// list splits words that stand in one string.
func list(words, separator string) []string {
	if words == "" {
		return nil
	}
	parts := strings.Split(words, separator)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// shelf is a leaf with its index and its split word lists.
type shelf struct {
	leaf
	code       string
	trades     []string
	path       []string
	adjectives []string
	materials  []string
	colours    []string
	facts      []string
	number     int
}

func departments() []department {
	return []department{homeGoods(), kitchenGoods(), clothing(), outdoors(), electronics(), books(), toys(), care(), pantry()}
}

func shelves() []shelf {
	var all []shelf
	for _, d := range departments() {
		for _, g := range d.groups {
			for _, l := range g.leaves {
				all = append(all, shelf{
					leaf: l, code: d.code, trades: d.trades, path: []string{d.name, g.name, l.name},
					adjectives: list(l.adjectives, ","), materials: list(l.materials, ","),
					colours: strings.Fields(l.colours), facts: list(l.facts, "|"), number: len(all),
				})
			}
		}
	}
	return all
}
