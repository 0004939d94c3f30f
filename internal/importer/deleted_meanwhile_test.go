package importer

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// meanwhile imports a file while somebody deletes, in a transaction that began before
// the import and ends when the import waits for it.
func (s *shop) meanwhile(deletion string, options Options) (report *Report) {
	s.t.Helper()
	staff, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer func() { _ = staff.Close(context.Background()) }()
	tx, err := staff.Begin(s.t.Context())
	require.NoError(s.t, err)
	_, err = tx.Exec(s.t.Context(), `SELECT FROM products WHERE slug = 'mug' FOR UPDATE`)
	require.NoError(s.t, err)
	options.DatabaseURL = s.url
	group, ctx := errgroup.WithContext(s.t.Context())
	group.Go(func() (err error) {
		report, err = Run(ctx, options)
		return err
	})
	require.Eventually(s.t, func() bool {
		var waits bool
		err := s.conn.QueryRow(context.Background(), `SELECT EXISTS (
  SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'souk import' AND wait_event_type = 'Lock')`).Scan(&waits)
		return err == nil && waits
	}, 30*time.Second, 5*time.Millisecond)
	for _, statement := range []string{deletion, `SELECT refresh_products(ARRAY(SELECT id FROM products WHERE slug = 'mug'))`} {
		_, err = tx.Exec(s.t.Context(), statement)
		require.NoError(s.t, err)
	}
	require.NoError(s.t, tx.Commit(s.t.Context()))
	require.NoError(s.t, group.Wait())
	return report
}

func TestWhatIsDeletedDuringAnImportCostsItsOwnRows(t *testing.T) {
	const before = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\nmug,Mug,Size,S,M-S,1\nmug,,,L,M-L,2\ncup,Cup,Size,S,C-S,1\n"
	const product, variant = `DELETE FROM products WHERE slug = 'mug'`, `DELETE FROM variants WHERE sku = 'M-S'`
	const stock = "Handle,Option1 Name,Option1 Value,SKU,Location,On hand (new)\nmug,Size,S,M-S,Here,3\ncup,Size,S,C-S,Here,4\n"
	const skus = "sku;qty\nM-S;3\nC-S;4\n"
	for name, c := range map[string]struct {
		format, mapping, text, deletion, reason string
		rejected                                int64
		taken                                   string // counts one
	}{
		"a new variant of a product": {
			format: FormatShopifyProducts, deletion: product, rejected: 2, reason: "product was deleted while",
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\nmug,Mug,Size,S,M-S,1\nmug,,,XL,M-XL,2\ncup,Cup,Size,XL,C-XL,1\n",
			taken: `SELECT count(*)::int FROM variants WHERE sku = 'C-XL'`,
		},
		"the stock of a product": {
			format: FormatShopifyInventory, deletion: product, text: stock, rejected: 1, reason: "product was deleted while",
			taken: `SELECT count(*)::int FROM inventory_levels WHERE on_hand = 4`,
		},
		"the stock of a variant": {
			format: FormatShopifyInventory, deletion: variant, text: stock, rejected: 1, reason: "variant was deleted while",
			taken: `SELECT count(*)::int FROM inventory_levels WHERE on_hand = 4`,
		},
		"a list of SKUs": {
			format: FormatTable, mapping: "source: shopify\nmoney: {currency: USD}\nvariants: {sku: sku, available: qty}\n", deletion: variant, text: skus, rejected: 1, reason: "variant was deleted while",
			taken: `SELECT count(*)::int FROM variants WHERE available_quantity = 4`,
		},
		"the reviews of a product": {
			format: FormatTable, mapping: "source: shopify\nreview: {key: id, product: handle, rating: stars}\n", deletion: product, rejected: 1, reason: "product was deleted while",
			text:  "id,handle,stars\n1,mug,4\n2,cup,5\n",
			taken: `SELECT count(*)::int FROM reviews`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.shopify(before)
			options := Options{Format: c.format, Paths: []string{s.file("input.csv", c.text)}}
			if c.mapping != "" {
				options.Mapping = s.file("mapping.yaml", c.mapping)
			}
			report := s.meanwhile(c.deletion, options)
			require.EqualValues(t, c.rejected, report.TotalRejected())
			require.Contains(t, report.Faults[0].Reason, c.reason)
			require.Equal(t, 1, one[int](s, c.taken))
			s.consistent()
		})
	}
}
