package seed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/artwork"
	"souk/internal/dbtest"
	"souk/internal/importer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func records(t *testing.T, options Options) []importer.Record {
	t.Helper()
	g, err := newGenerator(options)
	require.NoError(t, err)
	var all []importer.Record
	require.NoError(t, g.all(t.Context(), func(r importer.Record) error {
		all = append(all, r)
		return nil
	}))
	return all
}

func text(t *testing.T, all []importer.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, r := range all {
		require.NoError(t, json.NewEncoder(&b).Encode(r))
	}
	return b.Bytes()
}

func TestASeedGivesOneShop(t *testing.T) {
	first := text(t, records(t, Options{Products: 300}))
	require.True(t, bytes.Equal(first, text(t, records(t, Options{Products: 300, Seed: 1}))))
	require.False(t, bytes.Equal(first, text(t, records(t, Options{Products: 300, Seed: 2}))))
	larger := text(t, records(t, Options{Products: 2500}))
	require.True(t, bytes.HasPrefix(larger, first), "a larger shop begins with the smaller one")
}

func TestEveryRecordMakesSense(t *testing.T) {
	titles, barcodes, skus := map[string]bool{}, map[string]bool{}, map[string]bool{}
	drawings, err := artwork.Load()
	require.NoError(t, err)
	images, places := drawings.Handler(), regexp.MustCompile(`[{}]|  `)
	for _, r := range records(t, Options{Products: 4000}) {
		switch r := r.(type) {
		case *importer.Product:
			require.False(t, titles[r.Title], r.Title)
			titles[r.Title] = true
			require.Len(t, r.Categories[0], 3)
			require.NotRegexp(t, places, r.Title+r.DescriptionHTML)
			require.True(t, strings.HasPrefix(r.DescriptionHTML, "<p>") && strings.HasSuffix(r.DescriptionHTML, "</ul>"), r.DescriptionHTML)
			require.False(t, r.CreatedAt.After(today()))
			require.NotEmpty(t, r.Vendor)
		case *importer.Variant:
			require.False(t, barcodes[r.Barcode] || skus[r.SKU], r.SKU)
			barcodes[r.Barcode], skus[r.SKU] = true, true
			require.Regexp(t, `^2\d{12}$`, r.Barcode)
			require.Positive(t, r.Price.Minor)
			require.Contains(t, []int64{0, 50, 95, 99}, r.Price.Minor%100)
			require.Less(t, r.Cost.Minor, r.Price.Minor)
			require.True(t, r.CompareAtPrice == nil || r.CompareAtPrice.Minor > r.Price.Minor)
		case *importer.Image:
			answer := httptest.NewRecorder()
			images.ServeHTTP(answer, httptest.NewRequest(http.MethodHead, r.URL, nil))
			require.Equal(t, http.StatusOK, answer.Code, r.URL)
			require.LessOrEqual(t, r.Position, 5)
		case *importer.Review:
			require.NotRegexp(t, places, r.Title+r.Body)
			require.False(t, r.CreatedAt.After(today()))
		case *importer.Level:
			require.GreaterOrEqual(t, r.OnHand-r.Committed-r.Unavailable, int64(0))
		}
	}
}

func TestCheckDigitIsThatOfGS1(t *testing.T) {
	for _, whole := range []string{"4006381333931", "5901234123457", "9780306406157"} {
		require.Equal(t, int(whole[12]-'0'), checkDigit(whole[:12]), whole)
	}
}

func TestPricesSuitTheCurrency(t *testing.T) {
	for currency, want := range map[string]string{"USD": `^\d+\.(00|50|95|99)$`, "JPY": `80$`, "KWD": `^\d+\.(000|500|950|990)$`} {
		for _, r := range records(t, Options{Products: 60, Currency: currency}) {
			if v, is := r.(*importer.Variant); is {
				require.Regexp(t, want, v.Price.Decimal(), currency)
			}
		}
	}
}

func TestWrongOptionsAreExplained(t *testing.T) {
	for _, options := range []Options{{Products: -1}, {Products: MaxProducts + 1}, {Currency: "XYZW"}} {
		_, err := Run(t.Context(), options)
		require.ErrorContains(t, err, "seed: ")
	}
}

// contents is the shop without its ids and times of storing.
func contents(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	var sum string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT md5(string_agg(row, E'\n' ORDER BY row COLLATE "C"))
FROM (
  SELECT concat_ws('|', p.source_key, p.slug, p.title, p.description, p.created_at, p.price_min_minor, p.price_max_minor,
                   p.availability, p.rating_average, p.rating_count, p.option_keys, d.name, p.version) AS row
  FROM products p JOIN vendors d ON d.id = p.vendor_id
  UNION ALL
  SELECT concat_ws('|', v.sku, v.barcode, v.title, v.price_minor, v.available_quantity, v.position, i.url, v.version)
  FROM variants v LEFT JOIN images i ON i.id = v.image_id
  UNION ALL
  SELECT concat_ws('|', r.source_key, r.rating, r.title, r.body, r.created_at, c.display_name, r.version)
  FROM reviews r LEFT JOIN customers c ON c.id = r.customer_id
  UNION ALL
  SELECT concat_ws('|', v.sku, l.name, i.on_hand, i.committed, i.incoming, i.version)
  FROM inventory_levels i JOIN variants v ON v.id = i.variant_id JOIN locations l ON l.id = i.location_id
  UNION ALL
  SELECT concat_ws('|', i.url, i.position, i.alt_text, i.width, i.height, i.version) FROM images i
  UNION ALL
  SELECT concat_ws('|', c.slug, c.name, cardinality(c.ancestor_ids)) FROM categories c
  UNION ALL
  SELECT concat_ws('|', o.slug, o.title, o.image_url, o.filter, cp.position, p.slug, o.version)
  FROM collections o LEFT JOIN collection_products cp ON cp.collection_id = o.id LEFT JOIN products p ON p.id = cp.product_id
) AS s`).Scan(&sum))
	return sum
}

func TestSeedingIsRepeatable(t *testing.T) {
	one, other := dbtest.New(t), dbtest.New(t)
	first, err := Run(t.Context(), Options{DatabaseURL: one.PrimaryURL})
	require.NoError(t, err)
	require.Equal(t, int64(500), first.Products.Stored)
	require.Empty(t, first.Rejected)
	require.Empty(t, first.Warnings)
	for name, count := range map[string]importer.Count{
		"variants": first.Variants, "images": first.Images, "categories": first.Categories, "vendors": first.Vendors,
		"customers": first.Customers, "reviews": first.Reviews, "levels": first.Levels,
	} {
		require.Positive(t, count.Stored, name)
	}
	before := contents(t, one.PrimaryURL)

	_, err = Run(t.Context(), Options{DatabaseURL: other.PrimaryURL})
	require.NoError(t, err)
	require.Equal(t, before, contents(t, other.PrimaryURL), "two shops of one seed agree")

	again, err := Run(t.Context(), Options{DatabaseURL: one.PrimaryURL})
	require.NoError(t, err)
	for name, count := range map[string]importer.Count{
		"products": again.Products, "variants": again.Variants, "images": again.Images, "categories": again.Categories,
		"filed": again.Filed, "vendors": again.Vendors, "customers": again.Customers, "reviews": again.Reviews, "levels": again.Levels,
	} {
		require.Zero(t, count.Stored+count.Changed+count.Duplicates, fmt.Sprintf("%s: %+v", name, count))
	}
	require.Equal(t, before, contents(t, one.PrimaryURL), "the second run changed nothing, versions included")
}

func TestCancellingLeavesAShopThatCanBeCompleted(t *testing.T) {
	db := dbtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, Options{DatabaseURL: db.PrimaryURL, Products: 50})
	require.ErrorIs(t, err, context.Canceled)
	report, err := Run(t.Context(), Options{DatabaseURL: db.PrimaryURL, Products: 50})
	require.NoError(t, err)
	require.Equal(t, int64(50), report.Products.Stored)
}
