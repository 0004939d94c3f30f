package importer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatIsNotUnderstoodAsVisibleIsHidden imports each word as "published" and as
// a status of a Shopify file, and as the status of a table.
func TestWhatIsNotUnderstoodAsVisibleIsHidden(t *testing.T) {
	const active, draft, archived, warned = "ACTIVE", "DRAFT", "ARCHIVED", " warned"
	words := map[string]struct{ published, status string }{
		"":                  {active, active},
		"TRUE":              {active, active},
		"true":              {active, active},
		"Yes":               {active, active},
		"1":                 {active, active},
		"WAHR":              {active, active},
		"VRAI":              {active, active},
		"VERDADERO":         {active, active},
		"ИСТИНА":            {active, active},
		"active":            {active, active},
		"Active":            {active, active},
		"published":         {active, active},
		"FALSE":             {draft, draft + warned},
		"No":                {draft, draft + warned},
		"0":                 {draft, draft + warned},
		"draft":             {draft, draft},
		"archived":          {draft, archived},
		"FALSCH":            {draft + warned, draft + warned},
		"FAUX":              {draft + warned, draft + warned},
		"'FALSE":            {draft + warned, draft + warned},
		"'-1":               {draft + warned, draft + warned},
		"-1":                {draft + warned, draft + warned},
		"2":                 {draft + warned, draft + warned},
		"Entwurf":           {draft + warned, draft + warned},
		"unpublished":       {draft + warned, draft + warned},
		"unlisted":          {draft + warned, draft + warned},
		"'draft":            {draft + warned, draft + warned},
		"nicht verfügbar":   {draft + warned, draft + warned},
		"not active":        {draft + warned, draft + warned},
		"#REF!":             {draft + warned, draft + warned},
		"true\u200b, maybe": {draft + warned, draft + warned},
	}
	s := newShop(t)
	var published, status, table strings.Builder
	published.WriteString("Handle,Title,Published,Variant Price\n")
	status.WriteString("Handle,Title,Published,Status,Variant Price\n")
	table.WriteString("id,name,state\n")
	keys := map[string]string{}
	for word := range words {
		key := fmt.Sprintf("w%02d", len(keys))
		keys[word] = key
		fmt.Fprintf(&published, "p-%s,%s,\"%s\",1\n", key, key, word)
		fmt.Fprintf(&status, "s-%s,%s,TRUE,\"%s\",1\n", key, key, word)
		fmt.Fprintf(&table, "t-%s,%s,\"%s\"\n", key, key, word)
	}
	lines := map[string]bool{}
	for _, report := range []*Report{
		s.shopify(published.String()), s.shopify(status.String()),
		s.table("source: t\nproduct: {key: id, title: name, status: state}\n", "t.csv", table.String()),
	} {
		require.Zero(t, report.TotalRejected(), "%v", report.Faults)
		require.EqualValues(t, report.Warnings["status"], len(report.Faults), "each is shown")
		for _, fault := range report.Faults {
			lines[fault.Column+" "+fault.Value] = true
		}
	}
	state := func(key, column, word string) string {
		got := one[string](s, `SELECT status FROM products WHERE source_key = $1`, key)
		if lines[column+" "+word] {
			got += warned
		}
		return got
	}
	for word, want := range words {
		require.Equal(t, want.published, state("p-"+keys[word], "Published", word), "published %q", word)
		require.Equal(t, want.status, state("s-"+keys[word], "Status", word), "status %q", word)
		require.Equal(t, want.status, state("t-"+keys[word], "state", word), "table %q", word)
	}
}

func TestHandlesAreTheShopsAddresses(t *testing.T) {
	s := newShop(t)
	long := strings.TrimSuffix(strings.Repeat("a-rather-long-word-", 13), "-")
	handles := map[string]string{ // and the slug
		long + "-blue":           long + "-blue",
		long + "-red":            long + "-red",
		"größe-m":                "größe-m",
		"кружка":                 "кружка",
		"マグカップ":                  "マグカップ",
		"Mug & Cup":              "mug-cup",
		"cafe\u0301":             "café",
		strings.Repeat("x", 300): strings.Repeat("x", 255),
	}
	var products, stock strings.Builder
	products.WriteString("Handle,Title,Option1 Name,Option1 Value,Variant Price\n")
	stock.WriteString("Handle,Title,Option1 Name,Option1 Value,SKU,Location,On hand\n")
	for handle := range handles {
		fmt.Fprintf(&products, "%s,Thing,Title,Default Title,1\n", handle)
		fmt.Fprintf(&stock, "%s,Thing,Title,Default Title,,Shop,7\n", handle)
	}
	report := s.shopify(products.String())
	require.Zero(t, report.TotalRejected(), "%v", report.Faults)
	for handle, slug := range handles {
		require.Equal(t, 1, one[int](s, `SELECT count(*)::int FROM products WHERE slug = $1`, slug), handle)
	}
	s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("stock.csv", stock.String())}})
	require.Equal(t, len(handles), one[int](s, `SELECT count(*)::int FROM variants WHERE available_quantity = 7`))

	// A slug that an earlier import cut leads on.
	_, err := s.conn.Exec(t.Context(), `UPDATE products SET slug = left(slug, 80) WHERE slug = $1`, long+"-red")
	require.NoError(t, err)
	s.shopify(products.String())
	require.Equal(t, long+"-red", one[string](s, `
		SELECT p.slug FROM product_slugs o JOIN products p ON p.id = o.product_id WHERE o.slug = left($1, 80)`, long+"-red"))
}

func TestWhatIsVisibleUnaskedIsCounted(t *testing.T) {
	s := newShop(t)
	report := s.shopify("Handle,Title,Veröffentlicht,Variant Price\na,A,FALSCH,1\nb,B,FALSCH,1\n")
	require.EqualValues(t, 2, report.VisibleByDefault)
	var text strings.Builder
	require.NoError(t, report.Render(&text))
	require.Contains(t, text.String(), "2 new products are visible: the input does not say otherwise.")
	require.Zero(t, s.shopify("Handle,Title,Veröffentlicht,Variant Price\na,A,FALSCH,1\n").VisibleByDefault, "only new ones")
	require.EqualValues(t, 1, s.shopify("Handle,Title,Published,Variant Price\nc,C,TRUE,1\nd,D,FALSE,1\ne,E,,1\n").VisibleByDefault)
}
