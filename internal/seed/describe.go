package seed

import (
	"html"
	"strings"

	"souk/internal/yamlfile"
)

// sentences are what descriptions and reviews say about a theme. In them {This}, {this},
// {It} and {it} are the product, {is}, {has}, {does} and {s} agree with it, {material},
// {noun} and {vendor} stand for themselves. A sentence with a {material} is used only
// where there is one.
type sentences struct {
	yamlfile.Place
	Openings []string `yaml:"openings"` // a description's first
	Uses     []string `yaml:"uses"`     // those that follow it
	Praise   []string `yaml:"praise"`   // details that buyers liked
	Blame    []string `yaml:"blame"`    // and those that they did not
}

// stars are what all reviews with so many stars have, whatever they are about. An ending
// may be empty.
type stars struct {
	yamlfile.Place
	Titles   []string `yaml:"titles"`
	Verdicts []string `yaml:"verdicts"`
	Endings  []string `yaml:"endings"`
}

// fill puts the product's words into a sentence.
func (it *item) fill(sentence string) string {
	name := lower(it.noun.Name)
	if at := strings.IndexAny(name, ",0123456789"); at > 0 { // backpack, not backpack 22 L
		name = strings.TrimSpace(name[:at])
	}
	if it.shelf.Theme == themeBook {
		name = "book"
	}
	plural := strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") || strings.HasSuffix(name, "mice")
	words := []string{"{this}", "this " + name, "{This}", "This " + name, "{it}", "it", "{It}", "It", "{is}", "is", "{has}", "has", "{does}", "does", "{s}", "s"}
	if plural {
		words = []string{"{this}", "these " + name, "{This}", "These " + name, "{it}", "they", "{It}", "They", "{is}", "are", "{has}", "have", "{does}", "do", "{s}", ""}
	}
	words = append(words, "{noun}", name, "{material}", lower(it.material), "{vendor}", it.product.Vendor)
	return strings.NewReplacer(words...).Replace(sentence)
}

// fitting drops the sentences that the product has no words for.
func (it *item) fitting(all []string) []string {
	if it.material != "" {
		return all
	}
	var out []string
	for _, s := range all {
		if !strings.Contains(s, "{material}") {
			out = append(out, s)
		}
	}
	return out
}

// describe writes the description: two to four sentences, then a list.
func (g *generator) describe(it *item) string {
	d := g.set(streamText, uint64(it.number))
	theme := it.shelf.Theme
	words := g.themes[theme]
	said := []string{one(d, it.fitting(words.Openings))}
	said = append(said, sample(d, it.fitting(words.Uses), d.upTo(1, 3))...)
	var b strings.Builder
	b.WriteString("<p>")
	b.WriteString(html.EscapeString(it.fill(strings.Join(said, " "))))
	b.WriteString("</p><ul>")
	switch {
	case it.material == "" || theme == themeBook:
	case theme == themeCare:
		b.WriteString("<li>With " + html.EscapeString(lower(it.material)) + "</li>")
	default:
		b.WriteString("<li>Material: " + html.EscapeString(lower(it.material)) + "</li>")
	}
	for _, fact := range sample(d, it.shelf.Facts, d.upTo(2, 4)) {
		b.WriteString("<li>" + html.EscapeString(fact) + "</li>")
	}
	b.WriteString("</ul>")
	return b.String()
}
