package importer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const skusAndPrices = `SELECT concat_ws(' ', p.slug, v.sku, v.price_minor) FROM variants v JOIN products p ON p.id = v.product_id ORDER BY p.slug, v.position`

// TestAKeyThatMeansTwoProductsIsNotGuessed has price lists whose column is the key
// or slug of one product and the SKU of another.
func TestAKeyThatMeansTwoProductsIsNotGuessed(t *testing.T) {
	const (
		whole = "source: woo\nmoney: {currency: EUR}\nproduct: {key: ID, title: Name, handle: ID}\nvariants: {sku: SKU, price: Price}\n"
		goods = "ID,SKU,Name,Price\n11,100,Hut,1.00\n100,200,Mantel,2.00\n300,301,Schal,3.00\n"
	)
	want := []string{"100 200 200", "11 100 100", "300 301 900"}
	for name, mapping := range map[string]string{
		"key and SKU of the same source": "source: woo\nmoney: {currency: EUR}\nproduct: {key: SKU}\nvariants: {sku: SKU, price: Preis}\n",
		"slug and SKU, another source":   "source: pl\nmoney: {currency: EUR}\nproduct: {key: SKU}\nvariants: {sku: SKU, price: Preis}\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.table(whole, "w.csv", goods)
			report := s.table(mapping, "pl.csv", "SKU,Preis\n100,9.00\n301,9.00\n")
			require.Equal(t, map[string]int64{"reference": 1}, report.Rejected, "%v", report.Faults)
			require.Contains(t, report.Faults[0].Reason, "the SKU of one product, and the key or slug of another")
			require.Equal(t, want, list[string](s, skusAndPrices))
		})
	}
	t.Run("an SKU that is only a slug is no SKU of that product", func(t *testing.T) {
		s := newShop(t)
		s.table(whole, "w.csv", goods)
		report := s.table("source: pl\nmoney: {currency: EUR}\nproduct: {key: SKU}\nvariants: {sku: SKU, price: Preis}\n", "pl.csv", "SKU,Preis\n300,9.00\n")
		require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
		require.Equal(t, []string{"100 200 200", "11 100 100", "300 301 300"}, list[string](s, skusAndPrices))
	})
	t.Run("an SKU that the only variant does not have is not written without a title", func(t *testing.T) {
		s := newShop(t)
		s.shopify("Handle,Title,Variant SKU,Variant Price\nmug,Mug,M-1,5\n")
		report := s.shopify("Handle,Variant SKU,Variant Price\nmug,M-2,6\n")
		require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
		require.Equal(t, []string{"mug M-1 500"}, list[string](s, skusAndPrices))
	})
}

func TestANewProductWithTheSKUOfAnotherSourceIsWarnedAbout(t *testing.T) {
	s := newShop(t)
	s.shopify("Handle,Title,Variant SKU,Variant Price\nmug,Mug,M-1,5\npot,Pot,,5\n")
	const list = "source: list\nmoney: {currency: EUR}\nproduct: {key: no, title: name}\nvariants: {sku: no, price: price}\n"
	report := s.table(list, "list.csv", "no,name,price\nM-1,Mug,4\nX-1,New,4\n")
	require.Equal(t, map[string]int64{"sku": 1}, report.Warnings)
	require.Contains(t, report.Faults[0].Reason, "the product mug has this SKU")
	require.Empty(t, s.table(list, "list.csv", "no,name,price\nM-1,Mug,4\nX-1,New,4\n").Warnings, "only once")
}

func TestAStatusThatTheMappingWantsAndTheFileLacksMakesDrafts(t *testing.T) {
	s := newShop(t)
	const mapping = "source: m\nproduct: {key: id, title: name, status: {column: visibel, words: {\"no\": draft, \"yes\": active}}}\n"
	s.table(mapping, "m.csv", "id,name,visibel\n1,Vase,yes\n")
	report := s.table(mapping, "m.csv", "id,name,visible\n1,Vase,no\n2,Pot,no\n")
	require.EqualValues(t, 1, report.Warnings["column"])
	require.Equal(t, []string{"1 ACTIVE", "2 DRAFT"}, list[string](s, `SELECT source_key || ' ' || status FROM products ORDER BY 1`))
}

func TestAProductOfRejectedRowsIsNotMade(t *testing.T) {
	s := newShop(t)
	report := s.shopify("Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\n" +
		"a,A,Size,S,zwölf,https://img/a\na,,,M,-1,\nb,B,Size,S,#WERT!,https://img/b\nb,,,M,5,\nc,C,,,,\n")
	require.Equal(t, map[string]int64{"price": 3}, report.Rejected)
	require.Equal(t, []string{"b", "c"}, list[string](s, `SELECT slug FROM products ORDER BY 1`))
	require.Equal(t, []string{"{M}"}, list[string](s, `SELECT option_values::text FROM product_options`))
}

func TestARepeatedRowWithOtherValuesIsWarnedAbout(t *testing.T) {
	s := newShop(t)
	report := s.table("source: l\nmoney: {currency: EUR}\nproduct: {key: id, title: name}\nvariants: {price: price}\n", "l.csv",
		"id,name,price\n1,Vase,9.00\n1,Vase,4.00\n1,Vase,9.00\n")
	require.Equal(t, map[string]int64{"duplicate": 1}, report.Warnings)
	require.Equal(t, 3, report.Faults[0].Line)
}

func TestARatingIsStoredWholeOrNotAtAll(t *testing.T) {
	s := newShop(t)
	const mapping = "source: l\nproduct: {key: id, title: name, rating: {average: stars, count: votes}}\n"
	s.table(mapping, "l.csv", "id,name,stars,votes\n1,Vase,4.0,9\n2,Pot,6.0,2\n")
	s.table(mapping, "l.csv", "id,name,stars,votes\n1,Vase,6.0,2\n")
	require.Equal(t, []string{"1 4.00 9", "2 0"}, list[string](s,
		`SELECT concat_ws(' ', source_key, imported_rating_average, imported_rating_count) FROM products ORDER BY 1`))
}

func TestATitleOnTheFirstRowOfAProductIsEnough(t *testing.T) {
	s := newShop(t)
	const mapping = "source: w\nmoney: {currency: EUR}\nproduct: {key: id, title: name, images: img}\n" +
		"variants: {per_row: true, sku: sku, price: price, options: {Size: size}}\n"
	report := s.table(mapping, "w.csv", "id,name,sku,price,size,img\n1,Tee,T-S,5,S,https://img/1\n1,,T-M,6,M,\n1,,T-L,7,L,https://img/2\n2,,X,1,S,\n")
	require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
	require.Equal(t, []string{"tee T-S 500", "tee T-M 600", "tee T-L 700"}, list[string](s, skusAndPrices))
	require.Equal(t, []string{"https://img/1", "https://img/2"}, list[string](s, `SELECT url FROM images ORDER BY position`))
}

func TestAFileThatCanChangeNothingIsRefused(t *testing.T) {
	s := newShop(t)
	for _, csv := range []string{"Variant SKU,Preis\nM-1,5\n", "Handle,Farbe\nmug,red\n", "Handle,Option1 Value\nmug,S\n"} {
		_, err := Run(t.Context(), Options{DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: []string{s.file("p.csv", csv)}})
		require.ErrorContains(t, err, "no column that could change a product", csv)
	}
}

const optionsAndPrices = `SELECT concat_ws(' ', p.slug, v.option_values::text, v.sku, v.price_minor) FROM variants v JOIN products p ON p.id = v.product_id ORDER BY p.slug, v.position`

func TestPruneRemovesOnlyWhatNoFileNames(t *testing.T) {
	files := func(s *shop, second string) []string {
		return []string{
			s.file("a.csv", "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\ntee,Tee,Size,S,10,https://x/1.jpg\n"),
			s.file("b.csv", "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src,Variant SKU\n"+second),
		}
	}
	const m = "tee,Tee,Size,M,11,https://x/2.jpg,SKU-M\n"
	s := newShop(t)
	s.run(Options{Format: FormatShopifyProducts, Paths: files(s, m+"tee,,,L,12,,SKU-L\n")})
	ids := list[string](s, `SELECT id::text FROM variants ORDER BY position`)
	require.Len(t, ids, 3)

	report := s.run(Options{Format: FormatShopifyProducts, Prune: true, Paths: files(s, "tee,Tee,Size,M,eleven,,SKU-M\n")})
	require.True(t, report.NotPruned)
	require.Equal(t, ids, list[string](s, `SELECT id::text FROM variants ORDER BY position`), "a row was rejected")

	report = s.run(Options{Format: FormatShopifyProducts, Prune: true, Paths: files(s, m)})
	require.False(t, report.NotPruned)
	require.EqualValues(t, 1, report.Variants.Removed)
	require.Equal(t, ids[:2], list[string](s, `SELECT id::text FROM variants ORDER BY position`))
	require.Equal(t, []string{"{S,M}"}, list[string](s, `SELECT option_values::text FROM product_options`))
	require.Equal(t, 2, one[int](s, `SELECT count(*)::int FROM images`))
	s.consistent()

	s.undo(report.RunID)
	require.Equal(t, ids, list[string](s, `SELECT id::text FROM variants ORDER BY position`))
	s.consistent()
}

func TestPruneIsRefusedByAConflict(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
	s.shopify(header + "tee,Tee,Size,S,A,10\ntee,,,M,B,11\n")
	report := s.run(Options{Format: FormatShopifyProducts, Prune: true, Paths: []string{s.file("p.csv", header+"tee,Tee,Size,S,A,10\ntee,,,S,B,11\n")}})
	require.True(t, report.NotPruned)
	require.Equal(t, []string{"tee {S} A 1000", "tee {M} B 1100"}, list[string](s, optionsAndPrices))
}

func TestPruneKeepsTheOrderOfTheFile(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\n"
	s.shopify(header + "tee,Tee,Size,S,1,https://x/1\ntee,,,M,2,https://x/2\ntee,,,L,3,https://x/3\n")
	options := Options{Format: FormatShopifyProducts, Prune: true, Paths: []string{s.file("p.csv", header+"tee,Tee,Size,L,3,https://x/3\ntee,,,S,1,https://x/1\n")}}
	s.run(options)
	require.Equal(t, []string{"tee {L} 300", "tee {S} 100"}, list[string](s, optionsAndPrices))
	require.Equal(t, []string{"1 https://x/3", "2 https://x/1"}, list[string](s, `SELECT position || ' ' || url FROM images ORDER BY position`))
	before := s.hashes()
	s.run(options)
	require.Equal(t, before, s.hashes())
	s.consistent()
}

// TestBlankOptionsSayNothing has files with columns for options whose cells are blank.
func TestBlankOptionsSayNothing(t *testing.T) {
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
	want := []string{"tee {S} A 1000", "tee {M} B 1100"}
	for name, test := range sampled(map[string]struct {
		csv      string
		rejected map[string]int64
		want     []string
	}{
		"tags":          {"Handle,Title,Option1 Name,Option1 Value,Tags\ntee,Tee,,,sale\n", map[string]int64{}, want},
		"a price":       {header + "tee,Tee,,,,12\n", map[string]int64{"reference": 1}, want},
		"a known SKU":   {header + "tee,Tee,,,B,12\n", map[string]int64{}, []string{"tee {S} A 1000", "tee {M} B 1200"}},
		"a new SKU":     {header + "tee,Tee,,,C,12\n", map[string]int64{"reference": 1}, want},
		"names alone":   {"Handle,Title,Option1 Name,Tags\ntee,Tee,Color,sale\n", map[string]int64{}, want},
		"half a column": {"Handle,Option1 Value,Variant SKU,Variant Price\ntee,S,A,12\n", map[string]int64{}, []string{"tee {S} A 1200", "tee {M} B 1100"}},
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.shopify(header + "tee,Tee,Size,S,A,10\ntee,,,M,B,11\n")
			report := s.run(Options{Format: FormatShopifyProducts, Prune: true, Paths: []string{s.file("p.csv", test.csv)}})
			require.Equal(t, test.rejected, report.Rejected, "%v", report.Faults)
			require.Equal(t, test.want, list[string](s, optionsAndPrices))
			require.Equal(t, []string{"Size {S,M}"}, list[string](s, `SELECT name || ' ' || option_values::text FROM product_options`))
			s.consistent()
		})
	}
}

// TestAnSKUClaimsItsVariantFirst has products without options, whose variants only
// their SKUs tell apart.
func TestAnSKUClaimsItsVariantFirst(t *testing.T) {
	const both = "Handle,Title,Variant SKU,Variant Price\ntee,Tee,A,10\ntee,,B,11\n"
	t.Run("a deleted one stays deleted", func(t *testing.T) {
		for _, gone := range []string{"A", "B"} {
			s := newShop(t)
			s.shopify(both)
			s.exec(`DELETE FROM variants WHERE sku = '` + gone + `'`)
			report := s.shopify(both)
			require.Empty(t, report.Rejected, "%v", report.Faults)
			require.Equal(t, map[string][]string{"A": {"tee {} B 1100"}, "B": {"tee {} A 1000"}}[gone], list[string](s, optionsAndPrices))
			require.EqualValues(t, 1, report.KeptEdits)
		}
	})
	t.Run("a new one before a known one", func(t *testing.T) {
		s := newShop(t)
		s.shopify("Handle,Title,Variant SKU,Variant Price\ntee,Tee,B,11\n")
		s.shopify(both)
		require.ElementsMatch(t, []string{"tee {} B 1100", "tee {} A 1000"}, list[string](s, optionsAndPrices))
	})
	t.Run("a shared barcode", func(t *testing.T) {
		s := newShop(t)
		s.shopify("Handle,Title,Variant SKU,Variant Barcode,Variant Price\ntee,Tee,A,111,10\n")
		report := s.shopify("Variant SKU,Variant Barcode,Variant Price\nPACK-6,111,60\nA,111,12\n")
		require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
		require.Equal(t, []string{"tee {} A 1200"}, list[string](s, optionsAndPrices))
	})
	t.Run("one option of two", func(t *testing.T) {
		s := newShop(t)
		s.shopify("Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price\n" +
			"tee,Tee,Size,S,Color,Red,S-R,1\ntee,,,S,,Blue,S-B,2\ntee,,,M,,Red,M-R,3\n")
		report := s.shopify("Handle,Option1 Value,Variant SKU,Variant Price\ntee,S,S-R,4\ntee,S,S-B,5\ntee,M,M-R,6\n")
		require.Empty(t, report.Rejected)
		require.Equal(t, []string{"tee {S,Red} S-R 400", "tee {S,Blue} S-B 500", "tee {M,Red} M-R 600"}, list[string](s, optionsAndPrices))
	})
	t.Run("an SKU that is another product's slug", func(t *testing.T) {
		s := newShop(t)
		s.shopify("Handle,Title,Variant SKU,Variant Price\ntee-1,Tee,ZZZ,1\nother,Other,TEE-1,2\n")
		s.shopify("Variant SKU,Variant Price\nTEE-1,99\n")
		require.Equal(t, []string{"other {} TEE-1 9900", "tee-1 {} ZZZ 100"}, list[string](s, optionsAndPrices))
	})
	t.Run("stock", func(t *testing.T) {
		s := newShop(t)
		s.shopify(both)
		s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("stock.csv", "Handle,SKU,Location,On hand\ntee,B,Store,7\n")}})
		require.Equal(t, []string{"B 7"}, list[string](s, `SELECT sku || ' ' || available_quantity FROM variants WHERE inventory_tracked`))
	})
}

func TestARowWithoutATitleChangesItsProduct(t *testing.T) {
	s := newShop(t)
	s.shopify("Handle,Title,Status,Variant Price\np,P,active,1\n")
	report := s.shopify("Handle,Title,Tags,Status\np,,sale,draft\nnone,,sale,draft\n")
	require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
	require.Equal(t, []string{"p P DRAFT {sale}"}, list[string](s, `SELECT concat_ws(' ', slug, title, status, tags::text) FROM products`))
}

func TestPricesBeforeProductsAreMergedAfterThem(t *testing.T) {
	s := newShop(t)
	report := s.run(Options{Format: FormatShopifyProducts, Paths: []string{
		s.file("1-prices.csv", "Handle,Variant Price\ntee,5\n"), s.file("2-products.csv", "Handle,Title,Vendor,Variant SKU\ntee,Tee,Nord,T\n"),
	}})
	require.Empty(t, report.Rejected, "%v", report.Faults)
	require.Equal(t, []string{"tee {} T 500"}, list[string](s, optionsAndPrices))
}
