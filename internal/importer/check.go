package importer

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"souk/internal/money"
)

// The maximum lengths of stored values, in bytes. Keys, slugs and addresses are
// in B-tree indexes, whose entries Postgres limits to 2,704 bytes. Option
// values are in a GIN index with nearly the same limit, together with their
// option's name.
const (
	maxKeyBytes   = 500
	maxNameBytes  = 500
	maxTitleBytes = 4000
	maxURLBytes   = 2000
	maxDepth      = 32
	maxTagBytes   = 64 << 10 // of all tags of a product
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

// shorten cuts texts of a product that are too long for an index or for the
// search text, which has at most 1 MB.
func shorten(p *Product) (Fault, bool) {
	kept, size := len(p.Tags), 0
	for i, tag := range p.Tags {
		if size += len(tag); size > maxTagBytes {
			kept = i
			break
		}
	}
	if !long(p.Title, maxTitleBytes) && !long(p.Vendor, maxNameBytes) && !long(p.ProductType, maxNameBytes) && kept == len(p.Tags) {
		return Fault{}, false
	}
	fault := Fault{
		Place: p.Place, Value: cut(p.Title), Code: "length", Warning: true,
		Reason: fmt.Sprintf("the title was cut to %d bytes, vendor and type to %d bytes, all tags to %d bytes",
			maxTitleBytes, maxNameBytes, maxTagBytes),
	}
	p.Title, p.Vendor = cutBytes(p.Title, maxTitleBytes), cutBytes(p.Vendor, maxNameBytes)
	p.ProductType = cutBytes(p.ProductType, maxNameBytes)
	p.Tags = p.Tags[:kept]
	return fault, true
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
	for _, value := range v.OptionValues {
		if long(value, maxNameBytes) {
			return Fault{
				Place: v.Place, Value: cut(value), Code: "length",
				Reason: fmt.Sprintf("an option's value has at most %d bytes", maxNameBytes),
			}, true
		}
	}
	if long(v.Key, 4*maxNameBytes) || long(v.SKU, maxKeyBytes) || long(v.ImageURL, maxURLBytes) {
		return Fault{
			Place: v.Place, Value: cut(v.SKU), Code: "length",
			Reason: fmt.Sprintf("a variant's key has at most %d bytes, its SKU %d, its image URL %d",
				4*maxNameBytes, maxKeyBytes, maxURLBytes),
		}, true
	}
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
	case l.Location == "" || len(l.Location) > maxNameBytes:
		return Fault{
			Place: l.Place, Value: cut(l.Location), Code: "location",
			Reason: fmt.Sprintf("a location's name has 1 to %d bytes", maxNameBytes),
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
	r.AuthorName = cutBytes(r.AuthorName, maxNameBytes)
	return Fault{}, false
}

func checkPath(place Place, path []string) (Fault, bool) {
	if len(path) == 0 || len(path) > maxDepth {
		return Fault{
			Place: place, Value: cut(strings.Join(path, " > ")), Code: "category",
			Reason: fmt.Sprintf("a category's path has 1 to %d names", maxDepth),
		}, true
	}
	for _, name := range path {
		if strings.TrimSpace(name) == "" || len(name) > maxNameBytes {
			return Fault{
				Place: place, Value: cut(strings.Join(path, " > ")), Code: "category",
				Reason: fmt.Sprintf("each name in a category's path has 1 to %d bytes", maxNameBytes),
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
