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
