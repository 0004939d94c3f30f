package importer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of a product's attributes are those of the API.
const (
	maxAttributes     = 250
	maxAttributeBytes = 64 << 10 // of all values of a product
)

// Attribute is one thing that is known of a product, such as its material. The shop
// keeps attributes whose keys a record does not have.
type Attribute struct {
	Key   string `json:"key"`
	Name  string `json:"name,omitempty"` // empty: the shop's, or else made from the key
	Value string `json:"value"`          // blank: the product loses the attribute
}

// attributeName makes a name from a key: Care guide from custom.care_guide.
func attributeName(key string) string {
	words := strings.FieldsFunc(key[strings.LastIndexByte(key, '.')+1:], func(r rune) bool {
		return r == '_' || r == '-' || unicode.IsSpace(r)
	})
	name := strings.Join(words, " ")
	if name == "" {
		return key
	}
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// attributeColumn is a column of attributes: a metafield of products.
type attributeColumn struct {
	column    int
	key, name string // name is empty if no spelling of the file has one
}

// The two spellings of a metafield's column: Shopify's own, Care
// (product.metafields.custom.care), and that of its apps, Metafield: custom.care
// [single_line_text_field]. Variants have other ones, which neither fits.
var (
	metafieldInBrackets = regexp.MustCompile(`(?is)^(.*)\(product\.metafields\.(.+)\)$`)
	metafieldWithType   = regexp.MustCompile(`(?is)^metafield:(.+?)(?:\[[^\[\]]*\])?$`)
)

// metafieldOf reads the name of a column. key is empty for a column of another kind.
func metafieldOf(header string) (key, name string) {
	header = strings.TrimSpace(header)
	if found := metafieldInBrackets.FindStringSubmatch(header); found != nil {
		key, name = oneLine(found[2]), oneLine(found[1])
	} else if found := metafieldWithType.FindStringSubmatch(header); found != nil {
		key = oneLine(found[1])
	}
	if space, rest, _ := strings.Cut(key, "."); space == "" || rest == "" || tooLong(key) {
		return "", ""
	}
	return key, cutLine(name)
}

// attributes are the columns with metafields of products. Of two columns for one
// metafield the first is used, with a name that either has.
func (h *heading) attributes() (columns []attributeColumn) {
	for i, header := range h.csv.in.Header {
		key, name := metafieldOf(header)
		if key == "" || h.used[i] {
			continue
		}
		at := slices.IndexFunc(columns, func(c attributeColumn) bool { return c.key == key })
		if at < 0 {
			h.used[i] = true
			columns = append(columns, attributeColumn{i, key, name})
			continue
		}
		columns[at].name = firstOf(columns[at].name, name)
		h.double, h.first = append(h.double, i), append(h.first, columns[at].column)
	}
	return columns
}

// attributesOf are the values of a row.
func attributesOf(row Row, columns []attributeColumn) []Attribute {
	if len(columns) == 0 {
		return nil
	}
	all := make([]Attribute, len(columns))
	for i, c := range columns {
		all[i] = Attribute{Key: c.key, Name: c.name, Value: row.Field(c.column)}
	}
	return all
}

// fitAttributes leaves out attributes with which the product would have too many or
// too long ones, and says so. What the shop has of those stays.
func fitAttributes(p *Product) (fault string) {
	size, count := 0, 0
	var left []string
	p.Attributes = slices.DeleteFunc(p.Attributes, func(a Attribute) bool {
		if a.Value == "" {
			return false
		}
		if count == maxAttributes || size+len(a.Value) > maxAttributeBytes {
			left = append(left, a.Key)
			return true
		}
		count, size = count+1, size+len(a.Value)
		return false
	})
	if left == nil {
		return ""
	}
	return fmt.Sprintf("%d attributes were left out, the first is %s: a product has at most %d, with values of together %d bytes",
		len(left), left[0], maxAttributes, maxAttributeBytes)
}

// attributes writes attributes as JSON, with a name for each whose name the input does
// not have; NULL if there are none.
func (c *copyRows) attributes(all []Attribute) error {
	if len(all) == 0 {
		c.null()
		return nil
	}
	type staged struct {
		Attribute
		Made string `json:"made,omitempty"`
	}
	rows := make([]staged, len(all))
	for i, a := range all {
		a.Value = strings.ReplaceAll(a.Value, "\x00", "") // jsonb does not take it
		rows[i] = staged{Attribute: a}
		if a.Name == "" {
			rows[i].Made = attributeName(a.Key)
		}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("stage attributes: %w", err)
	}
	c.text(string(text))
	return nil
}
