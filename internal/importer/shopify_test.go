package importer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// oddShop has one of each oddity that exports of real shops show.
const oddShop = `Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Image Src,Image Position,Image Alt Text,Variant Image,Cost per item,Status,Some Metafield (product.metafields.x)
boot,Otti Boot,"<p>Warm <b>boot</b></p><script>alert(1)</script><table><tr><td>Sole</td></tr></table>",Bärenfuß,Apparel & Accessories > Shoes,Footwear,"new, Winter , new",TRUE,Color,Red,Size,40,'1,907.003303052,shopify,-3,deny,105.00,90,https://img/1.jpg,1,Boot,https://img/red.jpg,41.5,Active,ignored
boot,,,,,,,,,Red,,41,'1,,shopify,5,continue,105.50,,https://img/2.jpg,2,,,,Active,
lamp,Lampe,"Plain
text, two lines",,Uncategorized,Lighting,,true,Title,Default Title,,,,0.0,,1000000,deny,0,,,,,,,draft,
boot,,,,,,,,,Blue,,40,,,shopify,1000000,deny,1234,,https://img/1.jpg,1,,,,,
boot,,,,,,,,,,,,,,,,,,,https://img/3.jpg,3,,,,Active,
nhẫn-bạc,Nhẫn bạc,,,,,,FALSE,Title,Default Title,,,63826-1000,,shopify,,deny,14000000,,,,,,,active,
`

func TestShopifyProductsSurviveEveryOddity(t *testing.T) {
	s := newShop(t)
	report := s.shopify(oddShop)
	require.Zero(t, report.TotalRejected(), "%v", report.Faults)
	require.EqualValues(t, 6, report.Rows)
	require.EqualValues(t, 3, report.Products.Stored)
	require.EqualValues(t, 5, report.Variants.Stored)
	require.EqualValues(t, 4, report.Images.Stored)

	require.Equal(t, []string{"boot ACTIVE", "lamp DRAFT", "nhẫn-bạc DRAFT"},
		list[string](s, `SELECT slug || ' ' || status FROM products ORDER BY slug`))
	require.Equal(t, "Warm boot\nSole", one[string](s, `SELECT description FROM products WHERE slug = 'boot'`))
	require.Equal(t, "<p>Warm <b>boot</b></p><table><tr><td>Sole</td></tr></table>",
		one[string](s, `SELECT description_html FROM products WHERE slug = 'boot'`))
	require.Equal(t, "Plain\ntext, two lines", one[string](s, `SELECT description FROM products WHERE slug = 'lamp'`))
	require.Equal(t, []string{"new", "Winter"}, one[[]string](s, `SELECT tags FROM products WHERE slug = 'boot'`))
	require.Equal(t, []string{"Apparel & Accessories > Shoes", "Lighting"}, list[string](s, `
		SELECT concat_ws(' > ', parent.name, c.name)
		FROM product_categories pc JOIN categories c ON c.id = pc.category_id
		LEFT JOIN categories parent ON parent.id = c.parent_id ORDER BY 1`))

	require.Equal(t, []string{
		"1 Red / 40 sku=1 10500 9000 cost=4150 w=907.003 -3 f",
		"2 Red / 41 sku=1 10550 - cost=- w=- 5 t",
		"3 Blue / 40 sku=- 123400 - cost=- w=- 1000000 f",
	}, list[string](s, `
		SELECT concat_ws(' ', v.position, v.title, 'sku=' || coalesce(v.sku, '-'), v.price_minor,
		       coalesce(v.compare_at_price_minor::text, '-'), 'cost=' || coalesce(v.cost_minor::text, '-'),
		       'w=' || coalesce(v.weight_grams::text, '-'), v.available_quantity, left(v.sell_when_out_of_stock::text, 1))
		FROM variants v JOIN products p ON p.id = v.product_id WHERE p.slug = 'boot' ORDER BY v.position`))
	require.Equal(t, []string{"Color=Red,Blue", "Size=40,41"}, list[string](s, `
		SELECT name || '=' || array_to_string(option_values, ',') FROM product_options ORDER BY position`))
	require.Equal(t, []string{"https://img/1.jpg Boot", "https://img/2.jpg ", "https://img/3.jpg ", "https://img/red.jpg "},
		list[string](s, `SELECT url || ' ' || alt_text FROM images ORDER BY position`))
	require.Equal(t, "https://img/red.jpg", one[string](s, `
		SELECT i.url FROM variants v JOIN images i ON i.id = v.image_id`))
	require.Equal(t, []string{"IN_STOCK", "IN_STOCK", "IN_STOCK"}, list[string](s, `SELECT availability FROM products`),
		"neither an untracked variant nor one without a count is out of stock")
	s.consistent()
}

func TestShopifyImportedTwiceChangesNothing(t *testing.T) {
	s := newShop(t)
	s.shopify(oddShop)
	before := s.hashes()
	report := s.shopify(oddShop)
	require.Equal(t, before, s.hashes())
	require.Equal(t, Count{Unchanged: 3}, report.Products)
	require.Equal(t, Count{Unchanged: 5}, report.Variants)
	require.Equal(t, Count{Unchanged: 4}, report.Images)
}

func TestShopifyChangesAreTakenAndRaiseTheVersion(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\n"
	s.shopify(header + "mug,Mug,Size,S,5,https://img/a\nmug,,,M,6,\nplate,Plate,Title,Default Title,7,\n")
	version := one[int](s, `SELECT version::int FROM products WHERE slug = 'mug'`)

	report := s.shopify(header + "mug,Mug,Size,S,5,https://img/a\nmug,,,M,6.50,\nmug,,,L,8,https://img/b\nplate,Plate,Title,Default Title,7,\n")
	require.Equal(t, Count{Unchanged: 2}, report.Products)
	require.Equal(t, Count{Stored: 1, Changed: 1, Unchanged: 2}, report.Variants)
	require.Greater(t, one[int](s, `SELECT version::int FROM products WHERE slug = 'mug'`), version)
	require.Equal(t, []string{"S", "M", "L"}, one[[]string](s, `SELECT option_values FROM product_options`))
	require.Equal(t, 800, one[int](s, `SELECT price_max_minor::int FROM products WHERE slug = 'mug'`))

	report = s.shopify(header + "mug,Mug,Size,M,6.50,https://img/b\n")
	require.Zero(t, report.Variants.Removed)
	require.Equal(t, 3, one[int](s, `SELECT count(*)::int FROM variants v JOIN products p ON p.id = v.product_id WHERE p.slug = 'mug'`))
	s.consistent()

	report = s.run(Options{
		Format: FormatShopifyProducts, Prune: true,
		Paths: []string{s.file("products.csv", header+"mug,Mug,Size,M,6.50,https://img/b\n")},
	})
	require.EqualValues(t, 2, report.Variants.Removed)
	require.EqualValues(t, 1, report.Images.Removed)
	require.Equal(t, []string{"M"}, one[[]string](s, `SELECT option_values FROM product_options`))
	s.consistent()
}

func TestRepeatedHandleAddsOnlyCategories(t *testing.T) {
	s := newShop(t)
	report := s.run(Options{Format: FormatShopifyProducts, Paths: []string{
		s.file("a.csv", "Handle,Title,Type,Variant Price\nmug,Mug,Cups,5\n"),
		s.file("b.csv", "Handle,Title,Type,Variant Price\nmug,Another mug,Gifts,9\n"),
	}})
	require.Equal(t, Count{Stored: 1, Duplicates: 1}, report.Products)
	require.Equal(t, Count{Stored: 1, Duplicates: 1}, report.Variants)
	require.Equal(t, "Mug", one[string](s, `SELECT title FROM products`))
	require.Equal(t, 2, one[int](s, `SELECT count(*)::int FROM product_categories`))
}

func TestSlugsAreUniqueAndOldOnesLeadOn(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Variant Price\n"
	s.shopify(header + "Red Mug,A,1\nred-mug,B,1\n")
	slugs := list[string](s, `SELECT slug FROM products ORDER BY title`)
	require.Equal(t, "red-mug", slugs[0])
	require.Regexp(t, `^red-mug-[0-9a-f]{12}$`, slugs[1])

	_, err := s.conn.Exec(t.Context(), `UPDATE products SET slug = 'hand-made' WHERE title = 'A'`)
	require.NoError(t, err)
	s.shopify(header + "Red Mug,A,1\n")
	require.Equal(t, slugs, list[string](s, `SELECT slug FROM products ORDER BY title`))
	require.Equal(t, []string{"hand-made"}, list[string](s, `SELECT slug FROM product_slugs`))
}

func TestVendorsAndCategoriesAreKnownByNameWhateverItsCase(t *testing.T) {
	s := newShop(t)
	s.shopify("Handle,Title,Vendor,Product Category,Variant Price\na,A,Décor Ltd,Home > Décor,1\nb,B,DECOR LTD,home > decor,1\n")
	require.Equal(t, []string{"Décor Ltd"}, list[string](s, `SELECT name FROM vendors`))
	require.Equal(t, []string{"Home", "Décor"}, list[string](s, `SELECT name FROM categories ORDER BY cardinality(ancestor_ids)`))
	require.Equal(t, 2, one[int](s, `SELECT count(*)::int FROM product_categories`))
}
