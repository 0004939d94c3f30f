package importer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"souk/internal/money"
)

// The maximum lengths of stored values, in bytes. Keys, slugs and addresses are
// in B-tree indexes, whose entries Postgres limits to 2,704 bytes. Option
// values are in a GIN index with nearly the same limit, together with their
// option's name.
const (
	maxKeyBytes = 500
	maxURLBytes = 2000
	maxDepth    = 32
	maxTagBytes = 64 << 10 // of all tags of a product
	// maxLine is the length of titles, names and codes that the API takes, in
	// characters: what is longer could be imported, but not be sent back.
	maxLine = 255
	// maxQuantity leaves room for the sums of thousands of locations.
	maxQuantity = 1_000_000_000_000
)

// defaultVariant is the key of a variant that has no option values.
const defaultVariant = "default"

func minor(a *money.Amount) *int64 {
	if a == nil {
		return nil
	}
	return &a.Minor
}

// check finds values that the store cannot take, and reports them before a
// statement for thousands of records fails. Readers have checked what is
// specific to their format; this applies to all of them. A warning means that
// the record was changed so that it fits.
func check(record Record) (fault Fault, bad bool) {
	switch r := record.(type) {
	case *Product:
		fault, bad = checkProduct(r)
	case *Variant:
		fault, bad = checkVariant(r)
	case *Image:
		if long(r.ProductKey, maxKeyBytes) || r.ProductKey == "" {
			return keyFault(r.Place, r.ProductKey), true
		}
		if r.URL == "" || len(r.URL) > maxURLBytes {
			return Fault{
				Place: r.Place, Value: cut(r.URL), Code: "image",
				Reason: fmt.Sprintf("an image URL has 1 to %d bytes", maxURLBytes),
			}, true
		}
	case *Category:
		fault, bad = checkPath(r.Place, r.Path)
		if long(r.Key, maxKeyBytes) {
			return keyFault(r.Place, r.Key), true
		}
	case *Review:
		fault, bad = checkReview(r)
	case *Level:
		fault, bad = checkLevel(r)
	}
	return fault, bad
}

func checkProduct(p *Product) (Fault, bool) {
	if p.Key == "" || len(p.Key) > maxKeyBytes {
		return keyFault(p.Place, p.Key), true
	}
	if strings.TrimSpace(p.Title) == "" && p.Lacks&ProductTitle == 0 {
		return Fault{Place: p.Place, Code: "title", Reason: "a product needs a title"}, true
	}
	switch p.Status {
	case "", "ACTIVE", "DRAFT", "ARCHIVED":
	default:
		return Fault{
			Place: p.Place, Value: cut(p.Status), Code: "status",
			Reason: "a product's status is active, draft or archived",
		}, true
	}
	if p.RatingAverage != nil && (*p.RatingAverage < 0 || *p.RatingAverage > 5) || p.RatingCount < 0 ||
		p.RatingHistogram != nil && len(p.RatingHistogram) != 5 {
		return Fault{Place: p.Place, Code: "rating", Reason: "a rating is between 0 and 5, and its count not negative"}, true
	}
	paths := p.Categories
	if p.CategoryIfNone != nil {
		paths = append(paths[:len(paths):len(paths)], p.CategoryIfNone)
	}
	for _, path := range paths {
		if fault, bad := checkPath(p.Place, path); bad {
			return fault, true
		}
	}
	return shorten(p)
}

// shorten cuts texts of a product to the lengths that the API takes, and all its
// tags to what the search text can hold, which has at most 1 MB; it leaves out
// attributes that are too many.
func shorten(p *Product) (Fault, bool) {
	var cutFields []string
	for _, field := range [...]struct {
		name string
		text *string
	}{{"title", &p.Title}, {"vendor", &p.Vendor}, {"type", &p.ProductType}} {
		if tooLong(*field.text) {
			*field.text = cutLine(*field.text)
			cutFields = append(cutFields, "the "+field.name+" was cut to "+strconv.Itoa(maxLine)+" characters")
		}
	}
	size := 0
	for i, tag := range p.Tags {
		if tooLong(tag) {
			p.Tags[i] = cutLine(tag)
			cutFields = append(cutFields, "tag "+strconv.Itoa(i+1)+" was cut to "+strconv.Itoa(maxLine)+" characters")
		}
		if size += len(p.Tags[i]); size > maxTagBytes {
			cutFields = append(cutFields, fmt.Sprintf("tags from number %d on were left out: all tags have at most %d bytes", i+1, maxTagBytes))
			p.Tags = p.Tags[:i]
			break
		}
	}
	for i, name := range p.Options {
		if tooLong(name) {
			p.Options[i] = cutLine(name)
			cutFields = append(cutFields, "the name of option "+strconv.Itoa(i+1)+" was cut to "+strconv.Itoa(maxLine)+" characters")
		}
	}
	if fault := fitAttributes(p); fault != "" {
		cutFields = append(cutFields, fault)
	}
	if cutFields == nil {
		return Fault{}, false
	}
	return Fault{Place: p.Place, Value: cut(p.Title), Code: "length", Warning: true, Reason: strings.Join(cutFields, "; ")}, true
}

func checkVariant(v *Variant) (Fault, bool) {
	if v.ProductKey == "" || long(v.ProductKey, maxKeyBytes) {
		return keyFault(v.Place, v.ProductKey), true
	}
	if _, err := money.Scale(v.Currency); err != nil {
		return Fault{
			Place: v.Place, Value: cut(v.Currency), Code: "currency",
			Reason: "the currency is not known: give its ISO 4217 code, such as USD",
		}, true
	}
	for _, amount := range [...]*money.Amount{v.Price, v.CompareAtPrice} {
		if amount != nil && amount.Minor < 0 {
			return Fault{Place: v.Place, Value: amount.Decimal(), Code: "price", Reason: "a price cannot be negative"}, true
		}
	}
	for _, text := range append(v.OptionValues[:len(v.OptionValues):len(v.OptionValues)], v.SKU, v.Barcode) {
		if tooLong(text) {
			return Fault{
				Place: v.Place, Value: cut(text), Code: "length",
				Reason: fmt.Sprintf("an option's value, an SKU and a barcode have at most %d characters", maxLine),
			}, true
		}
	}
	if long(v.Key, 4*maxKeyBytes) || long(v.ImageURL, maxURLBytes) {
		return Fault{
			Place: v.Place, Value: cut(v.SKU), Code: "length",
			Reason: fmt.Sprintf("a variant's key has at most %d bytes, its image URL %d", 4*maxKeyBytes, maxURLBytes),
		}, true
	}
	v.Title = cutLine(v.Title)
	if v.Available != nil && !plausible(*v.Available) {
		return quantityFault(v.Place, *v.Available), true
	}
	if w := v.WeightGrams; w != nil && !(*w >= 0 && *w < 1e11) { // NaN too
		v.WeightGrams = nil
		return Fault{
			Place: v.Place, Value: fmt.Sprint(*w), Code: "weight", Warning: true,
			Reason: "a weight is between 0 and 100,000 tonnes; it was ignored",
		}, true
	}
	return Fault{}, false
}

func checkLevel(l *Level) (Fault, bool) {
	switch {
	case l.ProductKey == "" && l.SKU == "":
		return keyFault(l.Place, l.ProductKey), true
	case l.Location == "" || tooLong(l.Location):
		return Fault{
			Place: l.Place, Value: cut(l.Location), Code: "location",
			Reason: fmt.Sprintf("a location's name has 1 to %d characters", maxLine),
		}, true
	}
	for _, n := range [...]int64{l.OnHand, l.Committed, l.Unavailable, l.Incoming} {
		if !plausible(n) {
			return quantityFault(l.Place, n), true
		}
	}
	return Fault{}, false
}

func checkReview(r *Review) (Fault, bool) {
	switch {
	case r.Key == "" || long(r.Key, maxKeyBytes) || r.ProductKey == "":
		return keyFault(r.Place, r.Key), true
	case long(r.AuthorKey, maxKeyBytes):
		return keyFault(r.Place, r.AuthorKey), true
	case r.Rating < 1 || r.Rating > 5:
		return Fault{Place: r.Place, Value: fmt.Sprint(r.Rating), Code: "rating", Reason: "a rating is from 1 to 5"}, true
	}
	if !tooLong(r.AuthorName) && !tooLong(r.Title) {
		return Fault{}, false
	}
	fault := Fault{
		Place: r.Place, Value: cut(firstOf(r.Title, r.AuthorName)), Code: "length", Warning: true,
		Reason: fmt.Sprintf("the title and the author's name were cut to %d characters", maxLine),
	}
	r.AuthorName, r.Title = cutLine(r.AuthorName), cutLine(r.Title)
	return fault, true
}

func checkPath(place Place, path []string) (Fault, bool) {
	if len(path) == 0 || len(path) > maxDepth {
		return Fault{
			Place: place, Value: cut(strings.Join(path, " > ")), Code: "category",
			Reason: fmt.Sprintf("a category's path has 1 to %d names", maxDepth),
		}, true
	}
	for _, name := range path {
		if strings.TrimSpace(name) == "" || tooLong(name) {
			return Fault{
				Place: place, Value: cut(strings.Join(path, " > ")), Code: "category",
				Reason: fmt.Sprintf("each name in a category's path has 1 to %d characters", maxLine),
			}, true
		}
	}
	return Fault{}, false
}

func keyFault(place Place, key string) Fault {
	if key == "" {
		return Fault{Place: place, Code: "key", Reason: "the record has no product key"}
	}
	return Fault{
		Place: place, Value: cut(key), Code: "key",
		Reason: fmt.Sprintf("a key has at most %d bytes", maxKeyBytes),
	}
}

func plausible(quantity int64) bool { return -maxQuantity <= quantity && quantity <= maxQuantity }

func quantityFault(place Place, n int64) Fault {
	return Fault{
		Place: place, Value: fmt.Sprint(n), Code: "quantity",
		Reason: fmt.Sprintf("a quantity is between -%[1]d and %[1]d", maxQuantity),
	}
}

func long(s string, limit int) bool { return len(s) > limit }

// tooLong reports whether s has more than maxLine characters.
func tooLong(s string) bool { return len(s) > maxLine && utf8.RuneCountInString(s) > maxLine }

// cutLine shortens s to maxLine characters.
func cutLine(s string) string {
	if !tooLong(s) {
		return s
	}
	n := 0
	for i := range s {
		if n == maxLine {
			return s[:i]
		}
		n++
	}
	return s
}

// cutBytes shortens s to at most limit bytes, between two characters.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
