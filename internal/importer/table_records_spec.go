package importer

import (
	"slices"
	"strconv"
	"strings"

	"souk/internal/slug"
)

type productSpec struct {
	key, title, description, descriptionHTML *cellSpec
	handle, status, productType, vendor      *cellSpec
	created                                  *cellSpec
	tags, images                             []*cellSpec
	categories                               []*cellSpec // each a path
	ratingAverage, ratingCount               *cellSpec
	ratingHistogram                          []*cellSpec
	attributes                               []attributeSpec
}

func readProduct(sec *section) *productSpec {
	p := &productSpec{
		key: sec.cell("key"), title: sec.cell("title"),
		description: sec.cell("description"), descriptionHTML: sec.cell("description_html"),
		handle: sec.cell("handle"), status: sec.cell("status"),
		productType: sec.cell("type"), vendor: sec.cell("vendor"), created: sec.cell("created"),
		tags: sec.cells("tags"), images: sec.cells("images"), categories: sec.cells("categories"),
	}
	if p.description != nil && p.descriptionHTML != nil {
		sec.spec.fault(sec.line, "product has both description (plain text) and description_html: use only one")
	}
	needDates(sec, "created", p.created)
	p.readAttributes(sec.sub("attributes"))
	if rating := sec.sub("rating"); rating != nil {
		rating.need("average", "the column with the average, 1 to 5")
		p.ratingAverage, p.ratingCount = rating.cell("average"), rating.cell("count")
		p.ratingHistogram = rating.cells("histogram")
		if n := len(p.ratingHistogram); n != 0 && n != 5 {
			sec.spec.fault(rating.line, "histogram needs five columns, for one to five stars, but has %d", n)
		}
		rating.end()
	}
	sec.end()
	return p
}

// attributeSpec is an attribute: its key, its name, and the value.
type attributeSpec struct {
	key, name string
	value     *cellSpec
}

// readAttributes reads names with a value each, {Care: care}. A map of a value can
// have the attribute's key too, which is otherwise made from the name.
func (p *productSpec) readAttributes(sec *section) {
	if sec == nil {
		return
	}
	for _, name := range sec.keys {
		a := attributeSpec{name: name}
		a.value = sec.spec.cellWith(sec.take(name), name, func(value *section) { a.key = value.text("key") })
		a.key = firstOf(a.key, slug.Handle(name), name)
		if tooLong(name) || tooLong(a.key) || name == "" {
			sec.spec.fault(sec.at[name], "the name and the key of an attribute have 1 to %d characters", maxLine)
		}
		if slices.ContainsFunc(p.attributes, func(other attributeSpec) bool { return other.key == a.key }) {
			sec.spec.fault(sec.at[name], "attributes has the key %s twice: give one of them another with {column: …, key: …}", a.key)
		}
		p.attributes = append(p.attributes, a)
	}
	if n := len(p.attributes); n > maxAttributes {
		sec.spec.fault(sec.line, "a product has at most %d attributes, not %d", maxAttributes, n)
	}
}

func needDates(sec *section, key string, c *cellSpec) {
	if c != nil && len(c.dates) == 0 {
		sec.spec.fault(sec.at[key], "%s needs a date layout: {column: …, date: YYYY-MM-DD}, or date: unix", key)
	}
}

type variantSpec struct {
	perRow   bool      // rows of one key are variants of one product
	numbered []int     // {n} in column names; nil: none
	each     *cellSpec // a list whose items are variants

	key, title, sku, barcode         *cellSpec
	price, compareAtPrice, cost      *cellSpec
	weightGrams, available, inStock  *cellSpec
	image                            *cellSpec
	optionNames                      []string
	options                          []*cellSpec
	namesFrom, valuesFrom            *cellSpec // names and values are in the file
	pairsFrom, pairsName, pairsValue string    // … as a JSON list of objects
}

func readVariants(sec *section) *variantSpec {
	v := &variantSpec{
		perRow: sec.flag("per_row"), each: sec.cell("each"),
		key: sec.cell("key"), title: sec.cell("title"), sku: sec.cell("sku"), barcode: sec.cell("barcode"),
		price: sec.cell("price"), compareAtPrice: sec.cell("compare_at_price"), cost: sec.cell("cost"),
		weightGrams: sec.cell("weight_grams"), available: sec.cell("available"), inStock: sec.cell("in_stock"),
		image: sec.cell("image"),
	}
	for _, text := range sec.texts("numbered") {
		n, err := strconv.Atoi(text)
		if err != nil {
			sec.spec.fault(sec.at["numbered"], "numbered must be a list of whole numbers, such as [1, 2, 3], not %q", text)
		}
		v.numbered = append(v.numbered, n)
	}
	if options := sec.sub("options"); options != nil {
		for _, name := range options.keys {
			v.optionNames = append(v.optionNames, name)
			v.options = append(v.options, options.cell(name))
		}
	}
	v.readOptionsFrom(sec)
	if v.numbered != nil && (v.each != nil || v.perRow) || v.each != nil && v.perRow {
		sec.spec.fault(sec.line, "use only one of per_row, numbered and each")
	}
	if v.each != nil && v.each.isList() {
		sec.spec.fault(sec.at["each"], "each takes only a column: its cell is a JSON list")
	}
	if v.numbered != nil && v.options == nil {
		sec.spec.fault(sec.line, "numbered variants need options: a number with blank options is skipped")
	}
	sec.end()
	return v
}

func (v *variantSpec) readOptionsFrom(sec *section) {
	from := sec.sub("options_from")
	if from == nil {
		return
	}
	if v.options != nil {
		sec.spec.fault(from.line, "use only one of options and options_from")
	}
	from.need("names", "the list of the options' names")
	v.namesFrom, v.valuesFrom = from.cell("names"), from.cell("values")
	if pairs := from.sub("pairs"); pairs != nil {
		pairs.need("column", "the column with a JSON list of objects")
		v.pairsFrom = pairs.text("column")
		v.pairsName, v.pairsValue = pairs.text("name"), pairs.text("value")
		pairs.end()
		v.pairsName, v.pairsValue = firstOf(v.pairsName, "name"), firstOf(v.pairsValue, "value")
	}
	if (v.valuesFrom == nil) == (v.pairsFrom == "") {
		from.spec.fault(from.line, "options_from needs values (a list in the order of names) or pairs (a JSON list of objects)")
	}
	from.end()
}

type reviewSpec struct {
	key, product                 *cellSpec
	productSource                string
	authorKey, authorName        *cellSpec
	rating, title, body, created *cellSpec
}

func readReview(sec *section) *reviewSpec {
	sec.need("product", "the column with the key of the product")
	sec.need("rating", "the column with 1 to 5 stars")
	r := &reviewSpec{
		key: sec.cell("key"), product: sec.cell("product"), productSource: sec.text("product_source"),
		rating: sec.cell("rating"), title: sec.cell("title"), body: sec.cell("body"), created: sec.cell("created"),
	}
	needDates(sec, "created", r.created)
	if author := sec.sub("author"); author != nil {
		author.need("key", "the column with the reviewer's key")
		r.authorKey, r.authorName = author.cell("key"), author.cell("name")
		author.end()
	}
	sec.end()
	return r
}

type categorySpec struct{ key, path *cellSpec }

func readCategory(sec *section) *categorySpec {
	sec.need("path", "the names from the root to the category itself")
	c := &categorySpec{key: sec.cell("key"), path: sec.cell("path")}
	sec.end()
	return c
}

// numberedColumn puts n where a column's name has {n}.
func numberedColumn(name string, n int) string {
	return strings.ReplaceAll(name, "{n}", strconv.Itoa(n))
}
