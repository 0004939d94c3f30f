package seed

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"souk/internal/yamlfile"
)

// names are what the names of lines of products are made of, and customers whose names
// have accents or are in other scripts.
type names struct {
	yamlfile.Place
	Lines     lineNames `yaml:"lines"`
	Customers []string  `yaml:"customers"`
}

type lineNames struct {
	Beginnings []string `yaml:"beginnings"`
	Middles    []string `yaml:"middles"`
	Ends       []string `yaml:"ends"`
}

// lineStep multiplies the number of a line. Without a factor in common with the number of
// names, it visits every combination, and keeps names that follow each other unlike.
const lineStep = 1543

func (l lineNames) count() int { return len(l.Beginnings) * len(l.Middles) * len(l.Ends) }

// name names a line of products: Halden, Brikona. Names that begin at the same place of
// the row of names differ.
func (l lineNames) name(from, n int) string {
	lap, n := n/l.count(), (from+n)%l.count()*lineStep%l.count()
	name := l.Beginnings[n%len(l.Beginnings)]
	n /= len(l.Beginnings)
	name += l.Middles[n%len(l.Middles)] + l.Ends[n/len(l.Middles)]
	if lap > 0 {
		name += fmt.Sprintf(" %d", lap+1)
	}
	return name
}

// titleOf names the product with this ordinal on its shelf. Every combination
// of adjective, material and noun comes once; then they come again with the
// name of a line before them, and so no two are alike.
func (c *content) titleOf(sh *shelf, ordinal int) (title string, what noun, material, adjective string) {
	adjectives, materials := len(sh.Adjectives), len(sh.Materials)
	plain := 1 // one adjective more: none
	if sh.Theme == themeBook || materials == 0 {
		plain = 0
	}
	space := len(sh.Nouns) * max(materials, 1) * (adjectives + plain)
	lap, at := ordinal/space, (ordinal%space*stride(space)+sh.number*7)%space
	what = sh.Nouns[at%len(sh.Nouns)]
	at /= len(sh.Nouns)
	if materials > 0 {
		material = sh.Materials[at%materials]
		at /= materials
	}
	if at < adjectives {
		adjective = sh.Adjectives[at]
	}
	if sh.Theme == themeBook {
		title = "The " + adjective + " " + material
		if lap > 0 {
			title += " of " + c.names.Lines.name(sh.number*97, lap-1)
		}
		return title, what, material, adjective
	}
	words := []string{adjective, material, what.Name}
	if lap > 0 {
		words = append([]string{c.names.Lines.name(sh.number*97, lap-1)}, words...)
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " "), what, material, adjective
}

// stride is a step that visits all of space in an order that looks like none.
func stride(space int) int {
	step := max(space*5/13, 1)
	for gcd(step, space) != 1 {
		step++
	}
	return step
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// vendorOf draws the maker of product i: among a few in a young shop and more as
// it grows, some of them making much more than others.
func (g *generator) vendorOf(sh *shelf, i int) string {
	known := 5 + math.Sqrt(float64(i))/3
	n := uint64(g.between(0, known, 1.7))
	code := uint64(sh.code[0])<<8 | uint64(sh.code[1])
	d := g.words.set(streamVendor, code<<32|n)
	trade := sh.trades[int(n)%len(sh.trades)]
	switch d.IntN(5) {
	case 0:
		return d.fake.LastName() + " & " + d.fake.LastName()
	case 1:
		return "House of " + d.fake.LastName()
	case 2:
		return g.names.Lines.name(0, d.IntN(2700)) + " " + trade
	default:
		return d.fake.LastName() + " " + trade
	}
}

// customer names the customer with this number as a shop shows people: Maria L.
func (g *generator) customer(n uint64) string {
	d := g.words.set(streamCustomer, n)
	first, last := d.fake.FirstName(), d.fake.LastName()
	if d.chance(0.08) {
		return one(d, g.names.Customers)
	}
	if d.chance(0.65) {
		return first + " " + last[:1] + "."
	}
	return first + " " + last
}

// lower is a word as it stands within a sentence. Names keep their capitals.
func lower(s string) string {
	runes := []rune(s)
	if len(runes) > 1 && unicode.IsUpper(runes[0]) && (unicode.IsUpper(runes[1]) || runes[1] == '-') {
		return s // PVC, T-Shirt
	}
	for i := range runes {
		if i == 0 || runes[i-1] == ' ' || runes[i-1] == '-' {
			if i+1 < len(runes) && unicode.IsUpper(runes[i+1]) {
				continue
			}
			runes[i] = unicode.ToLower(runes[i])
		}
	}
	return string(runes)
}
