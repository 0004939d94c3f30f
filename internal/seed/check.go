package seed

import (
	"regexp"
	"slices"
	"strings"

	"souk/internal/yamlfile"
)

// checker finds what the generator could not work with: names of things that are not
// there, empty lists that it draws from, prices from more to less.
type checker struct {
	*content
	kinds, colours []string // that can be drawn
	faults         *yamlfile.Faults
}

func (c checker) departments(all []department) {
	code := regexp.MustCompile(`^[A-Z]{2}$`)
	for _, d := range all {
		if !code.MatchString(d.Code) {
			c.faults.Add(d.Place, "%s: the code %q must be two capital letters", d.Name, d.Code)
		}
		c.filled(d.Place, "trades", d.Trades)
	}
}

func (c checker) leaves() {
	seen := map[string]bool{}
	for _, s := range c.shelves {
		if seen[s.Name] {
			c.faults.Add(s.leaf.Place, "two leaves are called %s", s.Name)
		}
		seen[s.Name] = true
		if s.Share < 1 {
			c.faults.Add(s.leaf.Place, "%s: the share must be at least 1", s.Name)
		}
		if _, is := c.themes[s.Theme]; !is {
			c.faults.Add(s.leaf.Place, "%s: there is no theme %q", s.Name, s.Theme)
		}
		if _, is := c.choices[s.Options]; !is && s.Options != "" {
			c.faults.Add(s.leaf.Place, "%s: there are no options %q", s.Name, s.Options)
		}
		if len(s.Nouns) == 0 {
			c.faults.Add(s.leaf.Place, "%s needs a noun", s.Name)
		}
		if s.Theme == themeBook {
			c.filled(s.leaf.Place, "materials", s.Materials) // the second word of a title
		}
		c.filled(s.leaf.Place, "adjectives", s.Adjectives)
		c.filled(s.leaf.Place, "facts", s.Facts)
		c.filled(s.leaf.Place, "colours", s.Colours)
		for _, colour := range s.Colours {
			if !slices.Contains(c.colours, colour) {
				c.faults.Add(s.leaf.Place, "%s: there is no colour %q", s.Name, colour)
			}
		}
		for _, n := range s.Nouns {
			c.noun(n)
		}
	}
}

// noun checks a noun, or what a special has of one.
func (c checker) noun(n noun) {
	if !slices.Contains(c.kinds, n.Art) {
		c.faults.Add(n.Place, "%s: nothing is drawn for %q", n.Name, n.Art)
	}
	if n.Name == "" || n.Low <= 0 || n.High <= n.Low || n.Grams < 0 {
		c.faults.Add(n.Place, "%q needs a name, a price from low to high, and a weight of 0 or more", n.Name)
	}
}

func (c checker) options() {
	for name, offered := range c.choices {
		if offered.Chance < 0 || offered.Chance > 1 || len(offered.Axes) == 0 {
			c.faults.Add(offered.Place, "%s needs axes, and its chance is from 0 to 1", name)
		}
		for _, a := range offered.Axes {
			c.axis(a)
		}
	}
}

func (c checker) axis(a axisChoice) {
	least, most := a.AtLeast, len(a.Values)
	switch a.Draw {
	case drawColours:
		most = a.AtMost // a leaf with fewer colours has them all
	case drawSome, drawFirst:
		most = min(most, a.AtMost)
	case drawNeighbours:
	case drawAll:
		least = 1
	default:
		c.faults.Add(a.Place, "%s: draw cannot be %q", a.Name, a.Draw)
	}
	if least < 1 || least > most {
		c.faults.Add(a.Place, "%s: at_least must be from 1 to the most values that there can be, which is %d", a.Name, most)
	}
	if len(a.Factors) != 0 && len(a.Factors) != len(a.Values) {
		c.faults.Add(a.Place, "%s has %d factors for %d values", a.Name, len(a.Factors), len(a.Values))
	}
}

func (c checker) special() {
	for _, s := range c.specials {
		if !slices.ContainsFunc(c.shelves, func(sh shelf) bool { return sh.Name == s.Leaf }) {
			c.faults.Add(s.Place, "%s: there is no leaf %q", s.Title, s.Leaf)
		}
		if s.Title == "" || s.Vendor == "" {
			c.faults.Add(s.Place, "%q needs a title and a vendor", s.Title)
		}
		c.noun(noun{Place: s.Place, Name: s.Noun, Art: s.Art, Low: s.Low, High: s.High})
	}
}

func (c checker) sentences() {
	for name, words := range c.themes {
		for key, list := range map[string][]string{
			"openings": words.Openings, "uses": words.Uses, "praise": words.Praise, "blame": words.Blame,
		} {
			c.filled(words.Place, key, list)
			c.placeholders(words.Place, list)
			if !slices.ContainsFunc(list, func(s string) bool { return !strings.Contains(s, "{material}") }) {
				c.faults.Add(words.Place, "%s: %s needs a sentence without {material}, for products that have none", name, key)
			}
		}
	}
	if len(c.stars) != 5 {
		c.faults.Add(yamlfile.Place{File: "data/reviews.yaml", Line: 1}, "there must be five entries, from one star to five, not %d", len(c.stars))
	}
	for _, s := range c.stars {
		c.filled(s.Place, "titles", s.Titles)
		c.filled(s.Place, "verdicts", s.Verdicts)
		if len(s.Endings) == 0 {
			c.faults.Add(s.Place, "endings is empty")
		}
		for _, list := range [][]string{s.Titles, s.Verdicts, s.Endings} {
			c.placeholders(s.Place, list)
			if slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, "{material}") }) {
				c.faults.Add(s.Place, "{material} cannot stand here: some products have none")
			}
		}
	}
}

// placeholders finds words in braces that fill does not know.
func (c checker) placeholders(at yamlfile.Place, sentences []string) {
	known := regexp.MustCompile(`\{([Tt]his|[Ii]t|is|has|does|s|noun|material|vendor)\}`)
	for _, s := range sentences {
		if strings.ContainsAny(known.ReplaceAllString(s, ""), "{}") {
			c.faults.Add(at, "unknown words in braces: %s", s)
		}
	}
}

func (c checker) lists() {
	lines := c.names.Lines
	c.filled(c.names.Place, "customers", c.names.Customers)
	c.filled(c.names.Place, "beginnings", lines.Beginnings)
	c.filled(c.names.Place, "middles", lines.Middles)
	c.filled(c.names.Place, "ends", lines.Ends)
	if gcd(lines.count(), lineStep) != 1 {
		c.faults.Add(c.names.Place, "the number of names, %d, has a factor in common with %d", lines.count(), lineStep)
	}
}

// filled adds a fault if a list is empty or has an empty entry.
func (c checker) filled(at yamlfile.Place, key string, list []string) {
	if len(list) == 0 || slices.Contains(list, "") {
		c.faults.Add(at, "%s is empty, or one of its values is", key)
	}
}
