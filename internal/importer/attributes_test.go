package importer

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// attributesOfShop are the attributes of all products, in their order.
const attributesOfShop = `
SELECT concat_ws(' ', p.source_key, a.one ->> 'key', '(' || (a.one ->> 'name') || ')', a.one ->> 'value')
FROM products p, jsonb_array_elements(p.attributes) WITH ORDINALITY AS a(one, at)
ORDER BY p.source_key, a.at`

func TestHeaderSpellingsOfMetafields(t *testing.T) {
	for header, want := range map[string][2]string{
		"Metafield: custom.care [single_line_text_field]": {"custom.care", ""},
		"metafield:custom.care":                           {"custom.care", ""},
		"Metafield: custom.care[list.color]":              {"custom.care", ""},
		"Metafield: my.own.key [json]":                    {"my.own.key", ""},
		"Care (product.metafields.custom.care)":           {"custom.care", "Care"},
		" Care  guide (PRODUCT.METAFIELDS.custom.Care) ":  {"custom.Care", "Care guide"},
		"(product.metafields.custom.care)":                {"custom.care", ""},
		"Size (cm) (product.metafields.custom.size-cm)":   {"custom.size-cm", "Size (cm)"},
		"Pflege (product.metafields.größe.höhe)":          {"größe.höhe", "Pflege"},

		"Variant Metafield: custom.care [single_line_text_field]": {},
		"Care (variant.metafields.custom.care)":                   {},
		"Metafield: title_tag [string]":                           {},
		"Metafield: [json]":                                       {},
		"Metafield: .care":                                        {},
		"Metafield: custom.":                                      {},
		"Care (product.metafields.care)":                          {},
		"Care (product.metafields.)":                              {},
		"Metafield":                                               {},
		"Care":                                                    {},
		"Metafield: a." + strings.Repeat("ä", 254):                {},
	} {
		t.Run(header, func(t *testing.T) {
			key, name := metafieldOf(header)
			require.Equal(t, want, [2]string{key, name})
		})
	}
}

func TestNamesMadeFromKeys(t *testing.T) {
	for key, want := range map[string]string{
		"custom.care": "Care", "custom.care_guide": "Care guide", "shopify.color-pattern": "Color pattern",
		"a.b.öko": "Öko", "care": "Care", "x._-": "x._-", "x.": "x.",
	} {
		require.Equal(t, want, attributeName(key), key)
	}
}

// TestMetafieldsBecomeAttributes imports files one after the other.
func TestMetafieldsBecomeAttributes(t *testing.T) {
	const care = "Care (product.metafields.custom.care)"
	const whole = "Handle,Title," + care + ",Metafield: custom.fit [list],Origin (product.metafields.custom.origin)\n" +
		"tee,Tee,Wash cold,\"[\"\"slim\"\",\"\"long\"\"]\",gid://shopify/Metaobject/1\nmug,Mug,,,Ulm\n"
	before := []string{
		"mug custom.origin (Origin) Ulm", `tee custom.care (Care) Wash cold`, `tee custom.fit (Fit) ["slim","long"]`,
		"tee custom.origin (Origin) gid://shopify/Metaobject/1",
	}
	for name, test := range sampled(map[string]struct {
		csv    string
		want   []string
		unused []string
		faults []string
	}{
		"the same again changes nothing": {csv: whole, want: before},
		"no such column":                 {csv: "Handle,Title\ntee,Tee\nmug,Mug\n", want: before},
		"a value, and the shop's name": {
			csv:  "Handle,Title,Metafield: custom.care [text]\ntee,Tee,Wash hot\n",
			want: []string{before[0], "tee custom.care (Care) Wash hot", before[2], before[3]},
		},
		"a name": {
			csv:  "Handle,Pflege (product.metafields.custom.care)\ntee,Wash cold\n",
			want: []string{before[0], "tee custom.care (Pflege) Wash cold", before[2], before[3]},
		},
		"a blank cell":      {csv: "Handle,Title," + care + "\ntee,Tee,\nmug,Mug, \n", want: []string{before[0], before[2], before[3]}},
		"a new one is last": {csv: "Handle,Metafield: a.b\ntee,x\n", want: []string{before[0], before[1], before[2], before[3], "tee a.b (B) x"}},
		"columns in another order": {
			csv:  "Handle,Metafield: custom.origin,Metafield: custom.care\ntee,gid://shopify/Metaobject/1,Wash cold\nmug,Ulm,\n",
			want: before,
		},
		"both spellings, the first of which counts": {
			csv:    "Handle,Metafield: custom.new_one [x],Neu (product.metafields.custom.new_one)\nmug,first,second\n",
			want:   []string{before[0], "mug custom.new_one (Neu) first", before[1], before[2], before[3]},
			unused: []string{"Neu (product.metafields.custom.new_one)"},
			faults: []string{"means the same as the column Metafield: custom.new_one [x], which comes first: that one is used"},
		},
		"metafields of variants": {
			csv: "Handle,Title,Variant Metafield: custom.care [x]\ntee,Tee,x\n", want: before, unused: []string{"Variant Metafield: custom.care [x]"},
		},
		"by SKU of no product": {csv: "Variant SKU,Metafield: custom.care [x]\nNONE,x\n", want: before, faults: []string{"*"}},
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.shopify(whole)
			require.Equal(t, before, list[string](s, attributesOfShop))
			hashes := s.hashes()
			report := s.shopify(test.csv)
			require.Equal(t, test.want, list[string](s, attributesOfShop))
			var faults []string
			for _, f := range report.Faults {
				faults = append(faults, f.Reason)
			}
			if len(test.faults) == 1 && test.faults[0] == "*" {
				require.Len(t, faults, 1)
			} else {
				require.Equal(t, test.faults, faults)
			}
			var unused []string
			for _, columns := range report.UnusedColumns {
				unused = append(unused, columns.Columns...)
			}
			require.Equal(t, test.unused, unused)
			if fmt.Sprint(test.want) == fmt.Sprint(before) {
				require.Equal(t, hashes, s.hashes())
			} else {
				require.NotZero(t, report.Products.Changed)
				again := s.hashes()
				require.Zero(t, s.shopify(test.csv).Products.Changed)
				require.Equal(t, again, s.hashes())
			}
			s.consistent()
		})
	}
}

// TestUnusualAttributesComeBackAsTheyAre imports keys and values with any characters,
// twice, and takes them back.
func TestUnusualAttributesComeBackAsTheyAre(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	letters := []rune(`ab.-_:'"\,;{}$@%()<>&/ü漢🙂` + "\u200b\u2028")
	text := func(more string) string {
		from := append(letters[:len(letters):len(letters)], []rune(more)...)
		made := make([]rune, 1+random.IntN(12))
		for i := range made {
			made[i] = from[random.IntN(len(from))]
		}
		return string(made)
	}
	header, row := []string{"Handle", "Title"}, []string{"tee", "Tee"}
	want := map[string]string{}
	for len(want) < 60 {
		key, value := oneLine("n."+text("")), strings.TrimSpace(text("\n\t[]"))
		if _, twice := want[key]; twice || value == "" {
			continue
		}
		want[key] = value
		header, row = append(header, "Metafield: "+key+" [text]"), append(row, value)
	}
	var file strings.Builder
	out := csv.NewWriter(&file)
	require.NoError(t, out.WriteAll([][]string{header, row}))

	s := newShop(t)
	bare := "Handle,Title\ntee,Tee\n"
	s.shopify(bare)
	before := s.dump()
	report := s.shopify(file.String())
	require.Empty(t, report.Faults)
	got := map[string]string{}
	for _, pair := range list[[]string](s, `SELECT ARRAY[a ->> 'key', a ->> 'value'] FROM products, jsonb_array_elements(attributes) AS a`) {
		got[pair[0]] = pair[1]
	}
	require.Equal(t, want, got)
	hashes := s.hashes()
	require.Zero(t, s.shopify(file.String()).Products.Changed)
	require.Equal(t, hashes, s.hashes())

	s.undo(report.RunID)
	after := s.dump()
	require.Equal(t, before, after)
}

func TestAttributesOfAMapping(t *testing.T) {
	const mapping = `source: erp
product:
  key: id
  title: name
  attributes:
    Care: care
    Material: {column: fabric, key: custom.material, words: {WO: Wool}}
    Made in: {value: Ulm}
`
	s := newShop(t)
	s.table(mapping, "t.csv", "id,name,care,fabric\n1,Tee,Wash cold,WO\n2,Mug,,\n")
	want := []string{"1 care (Care) Wash cold", "1 custom.material (Material) Wool", "1 made-in (Made in) Ulm", "2 made-in (Made in) Ulm"}
	require.Equal(t, want, list[string](s, attributesOfShop))

	s.table(mapping, "t.csv", "id,name,fabric\n1,Tee,Silk\n2,Mug,\n") // a warning of the column care
	want[1] = "1 custom.material (Material) Silk"
	require.Equal(t, want, list[string](s, attributesOfShop))

	s.table("source: erp\nfile: {format: json}\nproduct: {key: id, attributes: {Care: care, Fit: fit}}\n", "t.json",
		`{"id": "1", "care": ""}`+"\n"+`{"id": "2", "fit": ["a", "b"]}`+"\n")
	require.Equal(t, []string{want[1], want[2], want[3], `2 fit (Fit) ["a", "b"]`}, list[string](s, attributesOfShop))

	for text, reason := range map[string]string{
		"{A b: x, a-b: y}":         "line 2: attributes has the key a-b twice",
		"{A: {column: x, kee: y}}": "line 2: A has no key kee",
		"{A: {key: y}}":            "line 2: A needs exactly one of column",
		"[a]":                      "line 2: attributes must be a map",
		"{A: {column: x, key: " + strings.Repeat("k", 256) + "}}": "line 2: the name and the key",
	} {
		_, err := ParseMapping("m", []byte("source: erp\nproduct: {key: id, attributes: "+text+"}\n"))
		require.ErrorContains(t, err, reason)
	}
}

// TestAttributesKeepToTheirLimits imports too many and too long ones, in one file and
// beside those of the shop.
func TestAttributesKeepToTheirLimits(t *testing.T) {
	file := func(from, n, size int) string {
		var header, row strings.Builder
		for i := range n {
			fmt.Fprintf(&header, ",Metafield: n.k%d", from+i)
			fmt.Fprintf(&row, ",%s", strings.Repeat("v", size))
		}
		return "Handle,Title" + header.String() + "\ntee,Tee" + row.String() + "\n"
	}
	const counted = `SELECT jsonb_array_length(attributes) FROM products`
	s := newShop(t)
	report := s.shopify(file(0, 252, 1))
	require.Equal(t, 250, one[int](s, counted))
	require.Len(t, report.Faults, 1)
	require.Contains(t, report.Faults[0].Reason, "2 attributes were left out, the first is n.k250")

	report = s.shopify(file(249, 2, 1))
	require.Equal(t, 250, one[int](s, counted))
	require.Len(t, report.Faults, 1)
	require.True(t, report.Faults[0].Warning)
	require.Contains(t, report.Faults[0].Reason, "its attributes stay as they are")

	s.shopify(file(2, 248, 0)) // leaves two
	require.Equal(t, 2, one[int](s, counted))
	require.Empty(t, s.shopify(file(2, 2, 32<<10-1)).Faults)
	require.Equal(t, 4, one[int](s, counted))
	require.Len(t, s.shopify(file(5, 1, 1)).Faults, 1)
	require.Equal(t, 4, one[int](s, counted))
	s.consistent()
}
