package importer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// stocked is a product file with SKUs and quantities.
func stocked(products int) string {
	var text strings.Builder
	text.WriteString("Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src\n")
	for i := range products {
		fmt.Fprintf(&text, "mug-%d,Mug %d,V%d,Size,S,SKU-%d,shopify,5,1.50,https://img/%d\n", i, i, i%20, i, i)
	}
	return text.String()
}

func TestStaleStatisticsDoNotMakeAnImportSlow(t *testing.T) {
	if !dbtest.Full() {
		t.Skip("it takes six seconds, and a machine without other work")
	}
	const products, within = 2000, 4 // it took ten times as long as the first import
	s := newShop(t)
	timed := func(do func()) time.Duration {
		started := time.Now()
		do()
		return time.Since(started)
	}
	options := Options{Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", stocked(products))}}
	first := timed(func() { s.run(options) })
	for name, empty := range map[string]func(){
		"after an undo": func() {
			s.undo(one[string](s, `SELECT max(id::text) FROM import_runs`))
		},
		"after everything was deleted": func() {
			s.exec("DELETE FROM products", "DELETE FROM import_deletions")
		},
	} {
		t.Run(name, func(t *testing.T) {
			empty()
			s.exec("ANALYZE") // the tables keep their pages
			require.Zero(t, one[int](s, `SELECT count(*)::int FROM products`))
			again := timed(func() { require.EqualValues(t, products, s.run(options).Products.Stored) })
			require.Less(t, again, within*first)
		})
	}
	s.consistent()
}
