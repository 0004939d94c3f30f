package writes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/internal/importer"
	"souk/store"
	"souk/test/harness"
)

// importedShop is a shop that imports from files, and whose staff edit it between two
// imports.
type importedShop struct {
	t      *testing.T
	url    string
	server *harness.Server
	pool   *pgxpool.Pool
}

func newImportedShop(t *testing.T) *importedShop {
	t.Helper()
	db := dbtest.New(t)
	server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite, auth.InventoryWrite, auth.ReviewsModerate, auth.AuditRead))
	return &importedShop{t, db.PrimaryURL, server, poolOf(t, db.PrimaryURL)}
}

// goods is a file of products in two versions, which differ in every value that staff
// can edit: of each handle a product with two variants and two images.
func goods(version int, handles []string) string {
	pick := func(one, two string) string { return []string{one, two}[version-1] }
	var text strings.Builder
	text.WriteString("Handle,Title,Body (HTML),Vendor,Type,Tags,Status,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Compare At Price," +
		"Cost per item,Variant Grams,Variant Barcode,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Image,Image Src,Image Alt Text,Image Position,Product Category\n")
	for _, handle := range handles {
		image := func(i string) string { return "https://img.example/" + handle + "/" + i }
		for row, size := range []string{"S", "M"} {
			product := ",,,,,,,"
			if row == 0 {
				product = pick("Mug,<p>First</p>,Acme,Mugs,\"a, b\",active,Size,", "Cup,<p>Second</p>,Bolt,Cups,\"c, d\",draft,Form,")
			}
			fmt.Fprintf(&text, "%s,%s%s,%s-%s-%s,%s,%s,%s,%s,%s,shopify,%s,%s,%s,%s,%s,%s,%s\n", handle, product, size,
				handle, size, pick("1", "2"), pick("5.00", "6.00"), pick("8.00", "9.00"), pick("2.00", "3.00"), pick("200", "300"),
				handle+size+pick("1", "2"), pick("4", "7"), "continue", image(pick("a", "b")), image([]string{"a", "b"}[row]),
				pick("One", "Two"), []string{pick("1", "2"), pick("2", "1")}[row],
				map[int]string{0: pick("Home > Kitchen", "Home > Garden")}[row])
		}
	}
	return text.String()
}

func (s *importedShop) run(format, text string, overwrite, prune bool) *importer.Report {
	s.t.Helper()
	return s.imports(importer.Options{Format: format, Overwrite: overwrite, Prune: prune, Currency: "EUR"}, text)
}

// table imports a table with a mapping.
func (s *importedShop) table(mapping, text string) *importer.Report {
	s.t.Helper()
	return s.imports(importer.Options{Format: importer.FormatTable, Mapping: s.file("mapping.yaml", mapping)}, text)
}

func (s *importedShop) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (s *importedShop) imports(options importer.Options, text string) *importer.Report {
	s.t.Helper()
	options.DatabaseURL, options.Actor, options.Paths = s.url, "test", []string{s.file("file.csv", text)}
	report, err := importer.Run(s.t.Context(), options)
	require.NoError(s.t, err)
	require.Zero(s.t, report.TotalRejected(), "%v", report.Faults)
	return report
}

func (s *importedShop) products(version int, handles []string, overwrite bool) *importer.Report {
	s.t.Helper()
	return s.run(importer.FormatShopifyProducts, goods(version, handles), overwrite, false)
}

// id returns the global ID of the object whose key a query returns.
func id[K relay.Key](s *importedShop, sql string, values ...any) string {
	s.t.Helper()
	return relay.ID(K(uuid.MustParse(valueOf[string](s.t, s.pool, sql, values...))))
}

func (s *importedShop) product(handle string) string {
	return id[store.ProductID](s, `SELECT id::text FROM products WHERE source_key = $1`, handle)
}

func (s *importedShop) variant(handle string) string {
	return id[store.VariantID](s, `SELECT v.id::text FROM variants v JOIN products p ON p.id = v.product_id WHERE p.source_key = $1 AND v.source_key LIKE '%S%'`, handle)
}

func (s *importedShop) image(handle, name string) string {
	return id[store.ImageID](s, `SELECT id::text FROM images WHERE url = $1`, "https://img.example/"+handle+"/"+name)
}

// editedFields are what staff can edit of what a file has: the edit of a product, by
// the name of the field in the report, and the field's value in the shop.
var editedFields = map[string]struct {
	edit  func(s *importedShop, handle string)
	value string // of p, and of v, its variant S
}{
	"title":           {updateProduct("title", "Beaker"), `p.title`},
	"slug":            {updateProduct("slug", "beaker"), `p.slug`},
	"descriptionHtml": {updateProduct("descriptionHtml", "<p>Ours</p>"), `p.description_html`},
	"productType":     {updateProduct("productType", "Beakers"), `p.product_type`},
	"tags":            {updateProduct("tags", []string{"ours"}), `p.tags::text`},
	"vendor": {func(s *importedShop, handle string) {
		vendor := harness.At(applied(s.t, s.server, "vendorCreate", `vendor { id }`, map[string]any{"name": "Ours"})["vendor"], "id")
		updateProduct("vendorId", vendor)(s, handle)
	}, `(SELECT name FROM vendors WHERE id = p.vendor_id)`},
	"status": {func(s *importedShop, handle string) {
		applied(s.t, s.server, "productArchive", `product { id }`, map[string]any{"id": s.product(handle)})
	}, `p.status`},
	"options": {func(s *importedShop, handle string) {
		applied(s.t, s.server, "productOptionsSet", `product { id }`, map[string]any{
			"productId": s.product(handle), "options": []any{map[string]any{"name": "Grösse", "values": []string{"S", "M"}}},
		})
	}, `(SELECT name FROM product_options WHERE product_id = p.id)`},
	"categories": {func(s *importedShop, handle string) {
		applied(s.t, s.server, "productCategoriesSet", `product { id }`, map[string]any{"productId": s.product(handle), "categoryIds": []string{}})
	}, `(SELECT count(*)::text FROM product_categories WHERE product_id = p.id)`},
	"sku":                {updateVariant("sku", "OURS"), `v.sku`},
	"barcode":            {updateVariant("barcode", "4711"), `v.barcode`},
	"price":              {updateVariant("price", euros("7.77")), `v.price_minor::text`},
	"compareAtPrice":     {updateVariant("compareAtPrice", nil), `v.compare_at_price_minor::text`},
	"cost":               {updateVariant("cost", euros("0.50")), `v.cost_minor::text`},
	"weightGrams":        {updateVariant("weightGrams", 111), `v.weight_grams::text`},
	"image":              {updateVariant("imageId", nil), `v.image_id::text`},
	"sellWhenOutOfStock": {updateVariant("sellWhenOutOfStock", false), `v.sell_when_out_of_stock::text`},
	"stock": {func(s *importedShop, handle string) {
		applied(s.t, s.server, "inventorySet", `inventoryLevel { onHand }`, map[string]any{
			"variantId": s.variant(handle), "locationId": id[store.LocationID](s, `SELECT id::text FROM locations`), "quantity": 99,
		})
	}, `v.available_quantity::text`},
	"altText": {func(s *importedShop, handle string) {
		applied(s.t, s.server, "imageUpdate", `image { id }`, map[string]any{"id": s.image(handle, "a"), "altText": "Ours"})
	}, `(SELECT alt_text FROM images i WHERE i.product_id = p.id AND i.url LIKE '%/a')`},
	"images": {func(s *importedShop, handle string) {
		applied(s.t, s.server, "imagesReorder", `product { id }`, map[string]any{
			"productId": s.product(handle), "imageIds": []string{s.image(handle, "b"), s.image(handle, "a")},
		})
		applied(s.t, s.server, "imagesReorder", `product { id }`, map[string]any{
			"productId": s.product(handle), "imageIds": []string{s.image(handle, "a"), s.image(handle, "b")},
		})
	}, `(SELECT string_agg(url, ' ' ORDER BY position) FROM images i WHERE i.product_id = p.id)`},
}

func euros(amount string) map[string]any {
	return map[string]any{"amount": amount, "currencyCode": "EUR"}
}

func updateProduct(field string, value any) func(*importedShop, string) {
	return func(s *importedShop, handle string) {
		applied(s.t, s.server, "productUpdate", `product { id }`, map[string]any{"id": s.product(handle), field: value})
	}
}

func updateVariant(field string, value any) func(*importedShop, string) {
	return func(s *importedShop, handle string) {
		applied(s.t, s.server, "productVariantsUpsert", `results { index }`, map[string]any{
			"productId": s.product(handle), "variants": []any{map[string]any{"id": s.variant(handle), field: value}},
		})
	}
}

// values returns every field of a product.
func (s *importedShop) values(handle string) map[string]string {
	s.t.Helper()
	values := map[string]string{}
	for name, f := range editedFields {
		values[name] = valueOf[string](s.t, s.pool, `SELECT coalesce(`+f.value+`, '') FROM products p
JOIN variants v ON v.product_id = p.id AND v.source_key LIKE '%S%'
WHERE p.source_key = $1`, handle)
	}
	return values
}

// kept returns what a report says was kept, as "product field".
func kept(report *importer.Report) []string {
	found := []string{}
	for _, k := range report.Kept {
		found = append(found, k.Product+" "+k.Field)
	}
	slices.Sort(found)
	return found
}

func TestImportKeepsEachFieldThatStaffHaveWritten(t *testing.T) {
	s := newImportedShop(t)
	handles := []string{"plain"}
	for name := range editedFields {
		handles = append(handles, strings.ToLower(name))
	}
	slices.Sort(handles)
	s.products(1, handles, false)
	edited, listed := map[string]map[string]string{}, []string{}
	for name, f := range editedFields {
		handle := strings.ToLower(name)
		f.edit(s, handle)
		edited[name] = s.values(handle)
		slug := handle
		if name == "slug" {
			slug = "beaker"
		}
		listed = append(listed, slug+" "+name)
	}
	slices.Sort(listed)

	report := s.products(2, handles, false)
	require.Equal(t, listed, slices.Compact(kept(report)))
	require.EqualValues(t, len(report.Kept), report.KeptEdits)
	plain := s.values("plain")
	for name := range editedFields {
		t.Run(name, func(t *testing.T) {
			want := map[string]string{}
			for other, value := range s.values(strings.ToLower(name)) {
				want[other] = strings.ReplaceAll(value, strings.ToLower(name), "plain")
				if other == "image" { // the key of another image
					want[other] = plain[other]
				}
			}
			require.Equal(t, edited[name][name], s.values(strings.ToLower(name))[name], "it stays as staff wrote it")
			delete(want, name)
			for other, value := range want {
				require.Equal(t, plain[other], value, "%s has the file's value", other)
			}
		})
	}

	t.Run("and again, without a write", func(t *testing.T) {
		report := s.products(2, handles, false)
		require.Equal(t, listed, slices.Compact(kept(report)))
		require.Zero(t, report.Products.Changed+report.Variants.Changed+report.Images.Changed+report.Levels.Changed+report.Filed.Stored)
	})
	t.Run("until an import overwrites it", func(t *testing.T) {
		run := s.products(2, handles, true)
		require.Empty(t, run.Kept)
		for name := range editedFields {
			if name != "compareAtPrice" && name != "categories" {
				require.NotEqual(t, edited[name][name], s.values(strings.ToLower(name))[name], name)
			}
		}
		require.Empty(t, s.products(1, handles, false).Kept, "the edits do not count any more")

		// The next edit does.
		editedFields["title"].edit(s, "price")
		require.Equal(t, []string{"price title"}, kept(s.products(2, handles, false)))
	})
}

func TestUndoOfAnOverwriteGivesStaffTheirEditsBack(t *testing.T) {
	s := newImportedShop(t)
	handles := []string{"mug"}
	s.products(1, handles, false)
	editedFields["title"].edit(s, "mug")
	applied(t, s.server, "productVariantsDelete", `deletedVariantIds`, map[string]any{"productId": s.product("mug"), "ids": []string{s.variant("mug")}})
	run := s.products(2, handles, true)
	require.Equal(t, 2, valueOf[int](t, s.pool, `SELECT count(*)::int FROM variants`))

	_, err := importer.Undo(t.Context(), importer.UndoOptions{DatabaseURL: s.url, Run: uuid.MustParse(run.RunID)})
	require.NoError(t, err)
	require.Equal(t, []string{"mug deleted", "mug title"}, kept(s.products(2, handles, false)))
	require.Equal(t, "Beaker", valueOf[string](t, s.pool, `SELECT title FROM products`))
	require.Equal(t, 1, valueOf[int](t, s.pool, `SELECT count(*)::int FROM variants`))
}

func TestWhatNoImportHasWrittenIsNoEdit(t *testing.T) {
	s := newImportedShop(t)
	made := harness.At(applied(t, s.server, "productCreate", `product { id }`, map[string]any{
		"title": "By hand", "slug": "by-hand", "variants": []any{map[string]any{"sku": "HAND", "price": euros("1.00")}},
	})["product"], "id")
	prices := func(price string) *importer.Report {
		return s.run(importer.FormatShopifyProducts, "Variant SKU,Variant Price\nHAND,"+price+"\n", false, false)
	}
	require.Empty(t, prices("2.00").Kept)
	require.Equal(t, int64(200), valueOf[int64](t, s.pool, `SELECT price_minor FROM variants`))

	applied(t, s.server, "productUpdate", `product { id }`, map[string]any{"id": made, "title": "By Hand"})
	require.Empty(t, prices("3.00").Kept, "the title is no price")
	require.Equal(t, int64(300), valueOf[int64](t, s.pool, `SELECT price_minor FROM variants`))

	// A table of names writes no price, so the staff's is none that an import has written.
	named := s.table("source: names\nmoney: {currency: EUR}\nproduct: {key: id, title: name}\nvariants: {sku: sku}\n", "id,name,sku\n1,Vase,V\n")
	require.Empty(t, named.Kept)
	applied(t, s.server, "productVariantsUpsert", `results { index }`, map[string]any{
		"productId": s.product("1"), "variants": []any{map[string]any{
			"id":    id[store.VariantID](s, `SELECT id::text FROM variants WHERE sku = 'V'`),
			"price": euros("4.00"),
		}},
	})
	priced := s.table("source: names\nmoney: {currency: EUR}\nproduct: {key: id}\nvariants: {price: price}\n", "id,price\n1,5.00\n")
	require.Empty(t, priced.Kept)
	require.Equal(t, int64(500), valueOf[int64](t, s.pool, `SELECT price_minor FROM variants WHERE sku = 'V'`))
}

func TestImportDoesNotBringBackWhatStaffHaveDeleted(t *testing.T) {
	s := newImportedShop(t)
	handles := []string{"image", "product", "variant"}
	s.products(1, handles, false)
	applied(t, s.server, "productDelete", `deletedProductId`, map[string]any{"id": s.product("product")})
	applied(t, s.server, "productVariantsDelete", `deletedVariantIds`, map[string]any{"productId": s.product("variant"), "ids": []string{s.variant("variant")}})
	applied(t, s.server, "imagesRemove", `deletedImageIds`, map[string]any{"productId": s.product("image"), "imageIds": []string{s.image("image", "b")}})
	count := func() [3]int {
		return [3]int{
			valueOf[int](t, s.pool, `SELECT count(*)::int FROM products`), valueOf[int](t, s.pool, `SELECT count(*)::int FROM variants`),
			valueOf[int](t, s.pool, `SELECT count(*)::int FROM images`),
		}
	}
	left := count()
	require.Equal(t, [3]int{2, 3, 3}, left)
	for range 2 {
		require.Equal(t, []string{"image deleted", "product deleted", "variant deleted"}, kept(s.products(2, handles, false)))
		require.Equal(t, left, count())
	}
	require.Empty(t, s.products(2, handles, true).Kept)
	require.Equal(t, [3]int{3, 6, 6}, count())
	require.Empty(t, s.products(1, handles, false).Kept)
}

func TestPruningKeepsWhatStaffHaveAdded(t *testing.T) {
	s := newImportedShop(t)
	s.products(1, []string{"mug"}, false)
	applied(t, s.server, "imagesAdd", `images { id }`, map[string]any{"productId": s.product("mug"), "images": []any{map[string]any{"url": "https://img.example/ours"}}})
	applied(t, s.server, "productOptionsSet", `product { id }`, map[string]any{
		"productId": s.product("mug"), "options": []any{map[string]any{"name": "Size", "values": []string{"S", "M", "L"}}},
	})
	applied(t, s.server, "productVariantsUpsert", `results { index }`, map[string]any{
		"productId": s.product("mug"), "variants": []any{map[string]any{"sku": "OURS", "optionValues": []any{map[string]any{"name": "Size", "value": "L"}}}},
	})
	report := s.run(importer.FormatShopifyProducts, goods(1, []string{"mug"}), false, true)
	require.Equal(t, []string{"mug images", "mug variants"}, kept(report))
	require.Equal(t, 3, valueOf[int](t, s.pool, `SELECT count(*)::int FROM variants`))
	require.Equal(t, 3, valueOf[int](t, s.pool, `SELECT count(*)::int FROM images`))

	report = s.run(importer.FormatShopifyProducts, goods(1, []string{"mug"}), true, true)
	require.EqualValues(t, 1, report.Variants.Removed)
	require.EqualValues(t, 1, report.Images.Removed)
}

func TestCountedStockStaysAtItsLocation(t *testing.T) {
	s := newImportedShop(t)
	s.products(1, []string{"mug"}, false)
	stock := func(attic, cellar int, overwrite bool) *importer.Report {
		return s.run(importer.FormatShopifyInventory, fmt.Sprintf(
			"Handle,Option1 Name,Option1 Value,SKU,Location,On hand\nmug,Size,S,,Attic,%d\nmug,Size,S,,Cellar,%d\n", attic, cellar), overwrite, false)
	}
	stock(3, 4, false)
	applied(t, s.server, "inventorySet", `inventoryLevel { onHand }`, map[string]any{
		"variantId": s.variant("mug"), "locationId": id[store.LocationID](s, `SELECT id::text FROM locations WHERE name = 'Attic'`), "quantity": 9,
	})
	at := func() string {
		return valueOf[string](t, s.pool, `SELECT string_agg(l.name || ' ' || i.on_hand, ', ' ORDER BY l.name)
FROM inventory_levels i JOIN locations l ON l.id = i.location_id WHERE l.name <> 'Default'`)
	}
	require.Equal(t, []string{"mug stock"}, kept(stock(5, 6, false)))
	require.Equal(t, "Attic 9, Cellar 6", at())
	require.Empty(t, stock(5, 7, true).Kept)
	require.Equal(t, "Attic 5, Cellar 7", at())
}

func TestImportDoesNotBringBackReviewsThatStaffHaveDeleted(t *testing.T) {
	s := newImportedShop(t)
	text := ",ClothingID,Rating,Title,ReviewText,DivisionName,DepartmentName,ClassName\n" +
		"0,77,5,Good,Fits,General,Tops,Blouses\n1,77,1,Spam,Buy pills,General,Tops,Blouses\n"
	run := func(overwrite bool) *importer.Report {
		path := filepath.Join(t.TempDir(), "reviews.csv")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		report, err := importer.Run(t.Context(), importer.Options{
			DatabaseURL: s.url, Format: importer.FormatTable, Mapping: "clothing-reviews", Paths: []string{path}, Overwrite: overwrite, Currency: "EUR",
		})
		require.NoError(t, err)
		return report
	}
	require.EqualValues(t, 2, run(false).Reviews.Stored)
	applied(t, s.server, "reviewDelete", `deletedReviewId`, map[string]any{"id": id[store.ReviewID](s, `SELECT id::text FROM reviews WHERE title = 'Spam'`)})
	report := run(false)
	require.Len(t, report.Kept, 1)
	require.Equal(t, "review 1", report.Kept[0].Part)
	require.Equal(t, 1, valueOf[int](t, s.pool, `SELECT count(*)::int FROM reviews`))
	require.EqualValues(t, 1, run(true).Reviews.Stored)
}

// An edit that waits for an import comes after it, also in the audit log.
func TestEditsHaveTheTimeOfTheirCommit(t *testing.T) {
	s := newImportedShop(t)
	s.products(1, []string{"mug"}, false)
	lock, err := s.pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = lock.Exec(t.Context(), `SELECT FROM products FOR NO KEY UPDATE`)
	require.NoError(t, err)
	product, done := s.product("mug"), make(chan struct{})
	go func() {
		defer close(done)
		s.server.Query(t, `mutation ($input: ProductUpdateInput!) { productUpdate(input: $input) { product { id } } }`,
			map[string]any{"input": map[string]any{"id": product, "title": "Late"}})
	}()
	require.Eventually(t, func() bool {
		return valueOf[int](t, s.pool, `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
	}, eventually, poll)
	_, err = lock.Exec(t.Context(), `UPDATE import_stamps SET stamped_at = clock_timestamp()`)
	require.NoError(t, err)
	require.NoError(t, lock.Commit(t.Context()))
	<-done
	require.Equal(t, []string{"mug title"}, kept(s.products(2, []string{"mug"}, false)))
}
