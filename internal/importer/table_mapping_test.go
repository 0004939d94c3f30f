package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShippedMappingsAreListed(t *testing.T) {
	var names []string
	for _, m := range Mappings() {
		names = append(names, m.Name)
		require.NotEmpty(t, m.Description, m.Name)
		require.NotContains(t, m.Description, "\n", m.Name)
	}
	require.Equal(t, []string{
		"amazon-gift-cards", "amazon-in", "amazon-reviews", "amazon-reviews-csv", "bestbuy-categories",
		"clothing-reviews", "flipkart", "goodbooks", "lazada", "myntra", "newchic", "shein", "shopee",
	}, names)
	files, err := filepath.Glob("mappings/*.yaml")
	require.NoError(t, err)
	require.Len(t, names, len(files), "a mapping that does not parse is not listed")
	for _, source := range []string{"amazon-in", "amazon-gift-cards", "amazon-reviews", "amazon-reviews-csv"} {
		require.Equal(t, "amazon", shipped(t, source).Source)
	}
}

func TestMappingIsReadFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.yaml")
	require.NoError(t, os.WriteFile(path, []byte("source: own\nproduct: {key: id, title: name}\n"), 0o600))
	m, err := LoadMapping(path)
	require.NoError(t, err)
	require.Equal(t, "own", m.Name)

	_, err = LoadMapping("amazon")
	require.ErrorContains(t, err, "amazon-in, ")
	_, err = LoadMapping(filepath.Join(t.TempDir(), "absent.yaml"))
	require.Error(t, err)
	_, err = (&Options{}).tableReader()
	require.ErrorContains(t, err, "amazon-in, ")
}

func TestEveryFaultOfAMappingIsReportedWithItsLine(t *testing.T) {
	_, err := ParseMapping("bad", []byte(`description: bad
sauce: shop
file:
  format: xml
  encoding: latin-99
  separator: ";;"
money:
  currency: EURO
  decimal: "."
  group: "."
product:
  key: {column: link, match: "/dp/[A-Z]+"}
  titel: name
  created: {column: at, date: "DD.MM"}
  tags: [{split: ","}, {column: a, value: b}]
  rating: {average: r, histogram: [a, b]}
  description: d
  description_html: d
variants:
  per_row: yes
  numbered: [1, x]
  options_from: {values: v, pairs: {column: c}}
review:
  rating: {column: r, match: "("}
  author: name
category: {}
`))
	require.Error(t, err)
	for _, want := range []string{
		"line 2: the mapping has no key sauce; its keys are category, description",
		"needs source",
		"line 4: format must be one of csv, json",
		`line 5: encoding "latin-99" is not known`,
		"line 6: separator must be one character",
		`line 8: currency: "EURO" is not an ISO 4217 currency code`,
		"line 10: group and decimal cannot be the same mark",
		"line 12: match needs exactly one (group)",
		"line 13: product has no key titel",
		`line 14: date "DD.MM" is not a layout`,
		"line 15: tags needs exactly one of column,",
		"histogram needs five columns",
		"description (plain text) and description_html",
		"line 20: per_row must be true or false",
		"line 21: numbered must be a list of whole numbers",
		"options_from needs values",
		"options_from needs names",
		"review needs product",
		"line 24: match is not a regular expression",
		"line 25: author must be a map",
		"category needs path",
	} {
		require.ErrorContains(t, err, want)
	}
	lines := strings.Split(err.Error(), "\n")
	require.GreaterOrEqual(t, len(lines), 22)
}

func TestFilesThatAreNoMappingsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "no mapping",
		"# nothing":                            "no mapping",
		"just words":                           "must be a map",
		"- a\n- b":                             "must be a map",
		"a: [":                                 "not YAML",
		"a: 1\na: 2":                           "",
		"source: x":                            "needs a section product, review or category",
		"source: x\nvariants: {price: p}":      "variants need a section product",
		"source: x\nproduct: 5":                "product must be a map",
		strings.Repeat("a", maxMappingBytes+1): "is it a data file",
		"source: x\nproduct: &a {key: id, title: t}\nreview: *a": "",
	} {
		_, err := ParseMapping("test", []byte(text))
		require.Error(t, err, text)
		require.ErrorContains(t, err, want)
	}
}

func TestExamplesOfTheReferenceParse(t *testing.T) {
	text, err := os.ReadFile("mappings/README.md")
	require.NoError(t, err)
	example := strings.SplitN(strings.SplitN(string(text), "```yaml\n", 2)[1], "```", 2)[0]
	_, err = ParseMapping("example", []byte(example))
	require.NoError(t, err)
	for _, variants := range []string{
		"  per_row: true\n  key: sku\n  options: {Size: size}\n",
		"  numbered: [1, 2, 3]\n  image: image_{n}\n  options:\n    Color: color_{n}\n",
		"  each: sizes\n  price: {item: price}\n  options: {Size: {item: size}}\n",
	} {
		require.Contains(t, dropComments(string(text)), variants)
		_, err = ParseMapping("example", []byte("source: x\nmoney: {currency: EUR}\nproduct: {key: id, title: t}\nvariants:\n"+variants))
		require.NoError(t, err)
	}
}

// dropComments removes what a reader needs and a comparison does not.
func dropComments(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		before, _, _ := strings.Cut(line, " #")
		lines[i] = strings.TrimRight(before, " ")
	}
	return strings.Join(lines, "\n")
}

func FuzzParseMapping(f *testing.F) {
	for _, m := range Mappings() {
		text, err := shippedMappings.ReadFile("mappings/" + m.Name + mappingSuffix)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("a: {b: [c, {d: *x}]}\n? e\n: f")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMapping("fuzz", []byte(text))
		if err != nil {
			return
		}
		// What parses can be used on any file.
		_, _, _ = readTable(t, m, "name,link,id\nA,/dp/B09P34VSYY,\"[1,{}]\"\n")
		_, _, _ = readTable(t, m, `{"id": [1], "name": {"a": null}, "asin": "x"}`)
	})
}
