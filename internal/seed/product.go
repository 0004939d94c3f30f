package seed

import (
	"context"
	"fmt"
	"strings"
	"time"

	"souk/internal/artwork"
	"souk/internal/importer"
)

// today is a fixed day to which all dates are relative, so that two shops of
// one seed have the same dates.
func today() time.Time { return time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC) }

// openFor is how long the shop has been open on that day.
const openFor = 2 * 365 * 24 * time.Hour

// generator generates products. It belongs to one goroutine.
type generator struct {
	*dice
	*content
	words    *dice // for names, drawn while something else is
	options  Options
	schedule schedule
	scale    int
}

// item is a product while it is generated.
type item struct {
	number   int
	shelf    *shelf
	noun     noun
	product  *importer.Product
	axes     []axis
	variants []*importer.Variant
	images   []*importer.Image
	levels   []*importer.Level
	hash     uint32
	colours  []string // of the artwork
	material string
	quality  float64 // how much its buyers like it, from 0 to 1
}

// all emits every record of the shop, product by product.
func (g *generator) all(ctx context.Context, emit func(importer.Record) error) error {
	for i := range g.options.Products {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.emit(g.make(i), emit); err != nil {
			return err
		}
	}
	return nil
}

// make generates the product with this number. It depends on no other product.
func (g *generator) make(i int) *item {
	at, ordinal := g.schedule.place(i)
	d := g.set(streamProduct, uint64(i))
	it := &item{number: i, shelf: &g.shelves[at], hash: d.Uint32()}
	p := &importer.Product{Key: fmt.Sprintf("P%07d", i+1), Status: "ACTIVE"}
	p.Place = importer.Place{File: "seed", Line: i + 1}
	it.product = p
	p.CreatedAt = today().Add(-time.Duration(d.Float64() * float64(openFor))).Truncate(time.Second)
	it.quality = 1 - d.between(0, 1, 2.2)
	switch {
	case d.chance(0.03):
		p.Status = "DRAFT"
	case d.chance(0.012):
		p.Status = "ARCHIVED"
	}
	if s, is := g.specialAt(i); is {
		g.makeSpecial(it, s)
	} else {
		adjective := ""
		p.Title, it.noun, it.material, adjective = g.titleOf(it.shelf, ordinal)
		p.Vendor = g.vendorOf(it.shelf, i)
		p.DescriptionHTML = g.describe(it)
		p.Tags = g.tags(it, adjective)
	}
	p.ProductType = it.noun.Name
	p.Categories = [][]string{it.shelf.path}
	g.choose(it)
	g.picture(it)
	g.price(it)
	g.stock(it)
	return it
}

func (g *generator) tags(it *item, adjective string) []string {
	var tags []string
	for _, word := range []string{it.material, adjective} {
		if word != "" && it.shelf.Theme != themeBook {
			tags = append(tags, strings.ToLower(word))
		}
	}
	if today().Sub(it.product.CreatedAt) < 45*24*time.Hour {
		tags = append(tags, "new")
	}
	for _, extra := range []string{"gift", "bestseller", "sustainable", "staff pick"} {
		if g.chance(0.12) {
			tags = append(tags, extra)
		}
	}
	return tags
}

// picture adds the product's images: its first colour in several views, and
// each other colour once.
func (g *generator) picture(it *item) {
	kind := it.noun.Art
	colours := it.colours
	if len(colours) == 0 {
		colours = []string{one(g.dice, it.shelf.Colours)}
	}
	views := g.upTo(1, max(1, artwork.MaxViews-len(colours)+1))
	add := func(colour string, view int) {
		it.images = append(it.images, &importer.Image{
			Place: it.product.Place, ProductKey: it.product.Key, Position: len(it.images) + 1,
			URL: artwork.Path(kind, colour, it.hash, view), Width: artwork.Size, Height: artwork.Size,
			AltText: altText(it, colour, view),
		})
	}
	for view := 1; view <= views; view++ {
		add(colours[0], view)
	}
	for _, colour := range colours[1:] {
		add(colour, 1)
	}
}

func altText(it *item, colour string, view int) string {
	text := it.product.Title
	if len(it.colours) > 0 {
		text += " in " + colour
	}
	switch view {
	case 2:
		return text + ", tilted"
	case 3:
		return text + ", seen from near"
	case 4:
		return text + ", from the other side"
	case 5:
		return text + ", two of them"
	}
	return text
}

// emit emits the product with all its parts.
func (g *generator) emit(it *item, emit func(importer.Record) error) error {
	if err := emit(it.product); err != nil {
		return err
	}
	for _, image := range it.images {
		if err := emit(image); err != nil {
			return err
		}
	}
	for _, variant := range it.variants {
		if err := emit(variant); err != nil {
			return err
		}
	}
	for _, level := range it.levels {
		if err := emit(level); err != nil {
			return err
		}
	}
	return g.reviews(it, emit)
}
