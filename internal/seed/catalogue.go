package seed

import "souk/internal/yamlfile"

// department is a root of the category tree.
type department struct {
	yamlfile.Place
	Name    string   `yaml:"name"`
	Code    string   `yaml:"code"`             // two capital letters that its SKUs begin with
	Trades  []string `yaml:"trades"`           // words in its vendors' names
	Colours []string `yaml:"colours,optional"` // of leaves that name none
	Groups  []group  `yaml:"groups"`
}

// group is a level between a department and its leaves.
type group struct {
	Name   string `yaml:"name"`
	Leaves []leaf `yaml:"leaves"`
}

// leaf is a category that products are filed in.
type leaf struct {
	yamlfile.Place
	Name string `yaml:"name"`
	// Share is how many products of each round are in this leaf.
	Share int `yaml:"share"`
	// Late leaves get products only in shops of more than lateFrom products.
	Late  bool  `yaml:"late,optional"`
	Theme theme `yaml:"theme"`
	// Options names what a shopper chooses. Empty: nothing.
	Options string `yaml:"options,optional"`
	// Nouns are what the products are.
	Nouns []noun `yaml:"nouns"`
	// Adjectives and Materials come before the noun in a title.
	Adjectives []string `yaml:"adjectives"`
	Materials  []string `yaml:"materials,optional"`
	Colours    []string `yaml:"colours,optional"` // of the artwork; empty: the department's
	// Facts are lines of the description's list. A product has some of them.
	Facts []string `yaml:"facts"`
}

// noun is a kind of product.
type noun struct {
	yamlfile.Place
	Name  string  `yaml:"name"` // as in titles
	Art   string  `yaml:"art"`  // as the artwork calls its shape
	Low   float64 `yaml:"low"`  // of its price, in dollars
	High  float64 `yaml:"high"`
	Grams float64 `yaml:"grams"`
}

// theme is what descriptions and reviews of a leaf's products speak about. A product's
// title and description depend on two of them.
type theme string

const (
	themeBook theme = "book"
	themeCare theme = "care"
)

// shelf is a leaf with its index and its place in the tree.
type shelf struct {
	leaf
	code   string
	trades []string
	path   []string
	number int
}

// shelvesOf are the leaves of all departments, in order.
func shelvesOf(departments []department) []shelf {
	var all []shelf
	for _, d := range departments {
		for _, g := range d.Groups {
			for _, l := range g.Leaves {
				if len(l.Colours) == 0 {
					l.Colours = d.Colours
				}
				all = append(all, shelf{
					leaf: l, code: d.Code, trades: d.Trades, path: []string{d.Name, g.Name, l.Name}, number: len(all),
				})
			}
		}
	}
	return all
}
