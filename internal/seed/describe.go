package seed

import (
	"html"
	"strings"
)

// phrases are the sentences of descriptions and reviews. In them {This}, {this},
// {It} and {it} are the product, {is}, {has}, {does} and {s} agree with it,
// {material}, {noun} and {vendor} stand for themselves. A sentence with a
// {material} is used only where there is one.
type phrases struct {
	openings map[theme][]string
	uses     map[theme][]string
	praise   map[theme][]string
	blame    map[theme][]string
	titles   [5][]string // by stars
	verdicts [5][]string
	endings  [5][]string
}

func newPhrases() phrases {
	return phrases{
		openings: openings(), uses: uses(), praise: praise(), blame: blame(),
		titles: reviewTitles(), verdicts: verdicts(), endings: endings(),
	}
}

// fill puts the product's words into a sentence.
func (it *item) fill(sentence string) string {
	name := lower(it.noun.name)
	if at := strings.IndexAny(name, ",0123456789"); at > 0 { // backpack, not backpack 22 L
		name = strings.TrimSpace(name[:at])
	}
	if it.shelf.theme == themeBook {
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
func (it *item) fitting(sentences []string) []string {
	if it.material != "" {
		return sentences
	}
	var out []string
	for _, s := range sentences {
		if !strings.Contains(s, "{material}") {
			out = append(out, s)
		}
	}
	return out
}

// describe writes the description: two to four sentences, then a list.
func (g *generator) describe(it *item) string {
	d := g.set(streamText, uint64(it.number))
	theme := it.shelf.theme
	sentences := []string{one(d, it.fitting(g.phrases.openings[theme]))}
	sentences = append(sentences, sample(d, it.fitting(g.phrases.uses[theme]), d.upTo(1, 3))...)
	var b strings.Builder
	b.WriteString("<p>")
	b.WriteString(html.EscapeString(it.fill(strings.Join(sentences, " "))))
	b.WriteString("</p><ul>")
	switch {
	case it.material == "" || theme == themeBook:
	case theme == themeCare:
		b.WriteString("<li>With " + html.EscapeString(lower(it.material)) + "</li>")
	default:
		b.WriteString("<li>Material: " + html.EscapeString(lower(it.material)) + "</li>")
	}
	for _, fact := range sample(d, it.shelf.facts, d.upTo(2, 4)) {
		b.WriteString("<li>" + html.EscapeString(fact) + "</li>")
	}
	b.WriteString("</ul>")
	return b.String()
}

func openings() map[theme][]string {
	return map[theme][]string{
		themeHome: {
			"{This} bring{s} a calm, lived-in look to any room.", "{vendor} set out to make {this} last longer than the lease.",
			"Designed for small flats and large families alike, {this} earn{s} the space.", "We searched for years for a {material} finish as honest as this one.",
			"Quiet lines, good {material} and nothing to hide: that {is} {this}.", "Every home has a corner that waits for {this}.",
		},
		themeTextile: {
			"Soft, heavy and honest: {this} {is} what a long day asks for.", "{vendor} weaves {this} on looms that are older than the weavers.",
			"Good {material} needs time, and {this} {has} been given it.", "{This} make{s} a room feel finished.",
		},
		themeTable: {
			"Made for daily use and pretty enough for guests.", "{This} {is} shaped, finished and packed by the same four people.",
			"Good {material} needs no tricks, and {this} {has} none.", "Breakfast tastes better with {this} on the table.", "{vendor} makes {this} in small runs, a few dozen a week.",
		},
		themeCarry: {
			"{This} {is} made to be used daily and to look better for it.", "{vendor} has made {this} in the same small workshop since the beginning.",
			"{This} pair{s} well with everything you own, and with what you will buy next.", "A clean line, good {material}, and nothing that could break.",
		},
		themeKitchen: {
			"{This} {is} made for kitchens in which something is always on the stove.", "{vendor} makes {this} the slow way, a few dozen a week.",
			"From weekday pasta to Sunday roast, {this} will see a lot of your kitchen.", "Good {material} needs no tricks, and {this} {has} none.",
			"Reach for {this} once and the others will stay in the cupboard.", "Made for daily use and pretty enough for guests.",
		},
		themeWear: {
			"Made for comfort from {material} that gets better with time, {this} soon feel{s} like an old friend.", "{This} {is} the kind of thing one packs first.",
			"{vendor} has made {this} in the same small workshop since the beginning.", "An easy piece for work, weekends and the day in between.",
			"Nothing loud: just {material}, a clean cut and seams that hold.", "{This} pair{s} well with everything you own, and with what you will buy next.",
		},
		themeOutdoor: {
			"{This} {has} been up mountains, through drizzle and back.", "Light enough to take along and tough enough to rely on.",
			"{vendor} tests every {noun} on weekends that we would rather not repeat.", "Made of {material} for days on which the forecast is wrong.",
			"For long ways and short nights: {this} {does} the job without fuss.",
		},
		themeTech: {
			"{This} {does} one thing very well and the rest quietly.", "{vendor} left out the gimmicks and kept the battery.",
			"Unbox, connect, forget: {this} simply work{s}.", "Designed to be used for years and repaired when it must be.",
			"A {noun} for people who read the manual last.",
		},
		themeBook: {
			"A book to press into the hands of friends.", "Warm, funny and wiser than it lets on.",
			"The book that booksellers have been pressing into our hands all year.", "Begin it on a Friday evening: you will want the weekend.",
			"A rich, generous book to read from front to back, or to open anywhere.",
		},
		themeToy: {
			"{This} need{s} no batteries, only an afternoon.", "Made for small hands and large imaginations.", "Children made {this} their favourite within a minute of our test.",
			"{vendor} believes in toys that are handed down, and {this} {is} one.", "Rainy Sundays were invented for {this}.",
		},
		themeCare: {
			"{This} {does} more with fewer ingredients.", "With {material} and not much else, {this} keep{s} the promise on the label.",
			"A small daily luxury that smells of a garden after rain.", "{vendor} mixes {this} in small batches, so what you get is fresh.",
			"Gentle enough for every day and every age.",
		},
		themeFood: {
			"Picked at the right moment and handled as little as possible.", "{vendor} knows the people who grow it by name.",
			"{This} taste{s} of the place that it comes from.", "A cupboard staple that turns a plain meal into a good one.", "Made in small lots, as it was before labels had small print.",
		},
	}
}
