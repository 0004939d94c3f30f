package equality

import (
	"math/rand/v2"
	"regexp"
	"slices"

	"souk/graph/executor/randquery"
	"souk/test/shop"
)

// known is what a caller knows of the shop: from the beginning a little, then what the
// answers had.
type known struct {
	ids, cursors []string
	seen         map[string]bool
	byID         bool // the field whose arguments are written has an ID
}

func newKnown() *known {
	return &known{
		ids:     []string{shop.ShirtID, shop.DraftID, shop.ApparelID, shop.LoomID},
		cursors: []string{"none"},
		seen:    map[string]bool{},
	}
}

var (
	idForm     = regexp.MustCompile(`"([A-Za-z0-9_-]{23})"`)
	cursorForm = regexp.MustCompile(`"(?:startCursor|endCursor|cursor)":"([^"]+)"`)
)

// learn takes IDs and cursors from an answer, and returns how many IDs it had.
func (k *known) learn(answer []byte) int {
	ids := idForm.FindAllSubmatch(answer, -1)
	for _, match := range ids {
		if id := string(match[1]); !k.seen[id] {
			k.seen[id] = true
			k.ids = append(k.ids, id)
		}
	}
	for _, match := range cursorForm.FindAllSubmatch(answer, -1) {
		if cursor := string(match[1]); !k.seen[cursor] && len(k.cursors) < 500 {
			k.seen[cursor] = true
			k.cursors = append(k.cursors, cursor)
		}
	}
	return len(ids)
}

var (
	slugs = []string{
		"linen-shirt", "LINEN-SHIRT", "old-shirt", "flax-shirt", "desk-lamp", "mystery-rug", "enamel-mug", "secret-draft", "apparel", "home", "shirts",
		"lighting", "loom", "eclair", "newcomer", "summer-picks", "fine-lamps", "no such thing", "no\x00thing",
	}
	texts = []string{"lamp", "shirt", "linen", "%", "", "Zoë “½”", "color"}
	times = []string{"2026-01-01T00:00:00Z", "2026-03-02T12:00:00.5Z", "2030-01-01T00:00:00+02:00", "yesterday"}
)

// gives gives cursors rarely, since few are those of the list, and one of an ID and another
// name.
func (k *known) gives(r *rand.Rand, at randquery.Place) bool {
	switch at.Name {
	case "id":
		k.byID = r.IntN(2) == 0
		return k.byID
	case "slug", "sku":
		return !k.byID != (r.IntN(10) == 0)
	case "after", "before":
		return r.IntN(12) == 0
	case "last":
		return r.IntN(8) == 0
	}
	return r.IntN(3) == 0
}

// scalar makes values that often name something.
func (k *known) scalar(r *rand.Rand, at randquery.Place) (any, bool) {
	one := func(of []string) (any, bool) { return of[r.IntN(len(of))], true }
	switch at.Named {
	case "ID":
		if r.IntN(10) == 0 {
			return one([]string{"none", "", "AQGQAAAAAHAAgAAAAAAA_w_", "12"})
		}
		return one(k.ids)
	case "Int":
		return 1 + r.IntN(5) - r.IntN(60)/59, true
	case "DateTime":
		return one(times)
	case "Decimal":
		return one([]string{"0", "19.90", "1000", "-1", "x"})
	case "CurrencyCode":
		return one([]string{"EUR", "USD", "eur"})
	}
	switch {
	case at.Named != "String":
	case at.Name == "after" || at.Name == "before":
		return one(k.cursors)
	case at.Name == "slug":
		return one(slugs)
	case slices.Contains([]string{"sku", "query", "name", "tag", "productType"}, at.Name):
		return one(append(texts, slugs[0], "SHIRT-S"))
	}
	return nil, false
}
