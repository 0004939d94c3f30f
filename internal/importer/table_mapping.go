package importer

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"souk/internal/money"
)

//go:embed mappings/*.yaml
var shippedMappings embed.FS

const mappingSuffix = ".yaml"

// Mapping says how the rows of one kind of table become records.
// mappings/README.md describes its language. A Mapping is immutable.
type Mapping struct {
	Name        string // its file's, without the suffix
	Description string // one line
	Source      string // the source of its records' keys

	file     tableFile
	money    tableMoney
	none     []string // the words that mean no value, in every cell
	entities bool     // plain texts hold HTML entities

	product  *productSpec
	variants *variantSpec
	review   *reviewSpec
	category *categorySpec
}

type tableFile struct {
	json      bool
	encoding  string
	separator rune
	header    []string
}

type tableMoney struct {
	currency       string
	currencyColumn *cellSpec
	format         priceFormat
	drops          bool // prices that cannot be read, instead of their rows
}

// Mappings lists the included mappings, by name.
func Mappings() []Mapping {
	names, err := fs.Glob(shippedMappings, "mappings/*"+mappingSuffix)
	if err != nil {
		return nil // only a malformed pattern is an error
	}
	var all []Mapping
	for _, name := range names {
		if m, err := LoadMapping(strings.TrimSuffix(filepath.Base(name), mappingSuffix)); err == nil {
			all = append(all, *m)
		}
	}
	slices.SortFunc(all, func(a, b Mapping) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// LoadMapping returns the included mapping of that name, or reads the mapping
// file at that path. Its error lists every fault of the file.
func LoadMapping(nameOrPath string) (*Mapping, error) {
	if !strings.ContainsAny(nameOrPath, `/\.`) {
		text, err := shippedMappings.ReadFile("mappings/" + nameOrPath + mappingSuffix)
		if err == nil {
			return ParseMapping(nameOrPath, text)
		}
	}
	file, err := os.Open(nameOrPath)
	if err != nil {
		return nil, fmt.Errorf("mapping %q is neither a file nor one of %s", nameOrPath, strings.Join(mappingNames(), ", "))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxMappingBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	name := filepath.Base(nameOrPath)
	return ParseMapping(strings.TrimSuffix(name, filepath.Ext(name)), text)
}

func mappingNames() []string {
	var names []string
	for _, m := range Mappings() {
		names = append(names, m.Name)
	}
	return names
}

// ParseMapping reads a mapping from its YAML text. Its error lists every fault.
func ParseMapping(name string, text []byte) (*Mapping, error) {
	var s spec
	top, err := s.root(text)
	if err != nil {
		return nil, fmt.Errorf("mapping %s:\n%w", name, err)
	}
	m := &Mapping{
		Name: name, Description: top.text("description"), Source: top.text("source"),
		none: top.texts("none"), entities: top.flag("html_entities"),
	}
	top.need("source", "a name within which keys are unique, such as the shop's")
	m.readFile(top.sub("file"))
	m.readMoney(top.sub("money"))
	if sec := top.sub("product"); sec != nil {
		m.product = readProduct(sec)
	}
	if sec := top.sub("variants"); sec != nil {
		m.variants = readVariants(sec)
	}
	if sec := top.sub("review"); sec != nil {
		m.review = readReview(sec)
	}
	if sec := top.sub("category"); sec != nil {
		m.category = readCategory(sec)
	}
	top.end()
	m.check(&s, top)
	if err := s.err(); err != nil {
		return nil, fmt.Errorf("mapping %s:\n%w", name, err)
	}
	return m, nil
}

func (m *Mapping) readFile(sec *section) {
	if sec == nil {
		return
	}
	m.file.json = sec.choice("format", "csv", "json") == "json"
	m.file.header = sec.texts("header")
	m.file.encoding = sec.text("encoding")
	if m.file.encoding != "" {
		if _, err := findEncoding(m.file.encoding); err != nil {
			sec.spec.fault(sec.at["encoding"], "%v", err)
		}
	}
	if text := sec.text("separator"); text != "" {
		separator, err := parseSeparator(text)
		if err != nil {
			sec.spec.fault(sec.at["separator"], "%v", err)
		}
		m.file.separator = separator
	}
	if m.file.json && (m.file.header != nil || m.file.separator != 0) {
		sec.spec.fault(sec.line, "header and separator are only for csv")
	}
	sec.end()
}

func (m *Mapping) readMoney(sec *section) {
	if sec == nil {
		return
	}
	if n := sec.take("currency"); n != nil {
		if text, ok := scalar(n); ok {
			m.money.currency = text
			if _, err := money.Scale(text); err != nil {
				sec.spec.fault(sec.at["currency"], "currency: %v, or {column: …}", err)
			}
		} else {
			m.money.currencyColumn = sec.cell("currency")
		}
	}
	m.money.drops = sec.choice("unreadable", "reject", "drop") == "drop"
	m.money.format.group = sec.text("group")
	switch text := sec.text("decimal"); text {
	case "":
	case ".", ",":
		m.money.format.decimal = text[0]
		if strings.Contains(m.money.format.group, text) {
			sec.spec.fault(sec.at["group"], "group and decimal cannot be the same mark")
		}
	default:
		sec.spec.fault(sec.at["decimal"], "decimal must be \".\" or \",\", not %q", text)
	}
	sec.end()
}

// check finds faults between sections.
func (m *Mapping) check(s *spec, top *section) {
	byVariant := m.variants != nil && (m.variants.sku != nil || m.variants.barcode != nil)
	switch {
	case m.product != nil && m.product.key == nil && !byVariant:
		s.fault(top.at["product"], "product needs key: the column with the product's key, or a part of it with match; or else variants need sku or barcode")
	case m.product == nil && byVariant:
		m.product = &productSpec{} // rows such as SKU and price
	case m.product == nil && m.review == nil && m.category == nil:
		s.fault(top.line, "the mapping needs a section product, review or category")
	}
	if m.variants == nil {
		return
	}
	if m.product == nil {
		s.fault(top.at["variants"], "variants need a section product, or sku or barcode")
	}
}
