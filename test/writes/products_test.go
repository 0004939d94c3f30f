package writes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// Global IDs of the goldens' shop.
const (
	mugID      = "AQGQAAAAAHAAgAAAAAAAAQQ"
	shirtsID   = "AwGQAAAAAHAAgAAAAAAAAwU"
	whiteSID   = "AgGQAAAAAHAAgAAAAAAAAgE"
	whiteMID   = "AgGQAAAAAHAAgAAAAAAAAgI"
	blueSID    = "AgGQAAAAAHAAgAAAAAAAAgM"
	blueMID    = "AgGQAAAAAHAAgAAAAAAAAgQ"
	whiteImgID = "BQGQAAAAAHAAgAAAAAAABQE"
	blueImgID  = "BQGQAAAAAHAAgAAAAAAABQI"
	lampImgID  = "BQGQAAAAAHAAgAAAAAAABQM"
)

type obj = map[string]any

// backOffice is a server whose every request is a staff member's, over the
// goldens' shop.
type backOffice struct {
	*harness.Server
	db   *dbtest.DB
	pool *pgxpool.Pool
}

func newBackOffice(t *testing.T) backOffice {
	t.Helper()
	db := shop.New(t)
	pool, err := pgxpool.New(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return backOffice{harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), db, pool}
}

// mutate runs a mutation and returns its payload.
func (b backOffice) mutate(t testing.TB, mutation, selection string, input obj) obj {
	t.Helper()
	query := fmt.Sprintf("mutation ($input: %s%sInput!) { %s(input: $input) { %s userErrors { code field message } } }",
		strings.ToUpper(mutation[:1]), mutation[1:], mutation, selection)
	payload, _ := b.Query(t, query, obj{"input": input}).At(mutation).(obj)
	return payload
}

// done is mutate for a change that must be made.
func (b backOffice) done(t testing.TB, mutation, selection string, input obj) obj {
	t.Helper()
	payload := b.mutate(t, mutation, selection, input)
	require.Empty(t, payload["userErrors"])
	return payload
}

// read is Query once the replica has what was written.
func (b backOffice) read(t testing.TB, query string, variables obj) *harness.Answer {
	t.Helper()
	require.NoError(t, b.db.WaitReplica(t.Context()))
	return b.Query(t, query, variables)
}

// faults are what a payload refuses: "TOO_LONG input.title".
func faults(payload obj) []string {
	all := []string{}
	problems, _ := payload["userErrors"].([]any)
	for _, p := range problems {
		path, _ := harness.At(p, "field").([]any)
		steps := make([]string, len(path))
		for i, step := range path {
			steps[i] = step.(string)
		}
		all = append(all, strings.TrimSpace(harness.At(p, "code").(string)+" "+strings.Join(steps, ".")))
	}
	return all
}

// one reads a value from the database.
func one[T any](t testing.TB, b backOffice, statement string, args ...any) T {
	t.Helper()
	var value T
	require.NoError(t, b.pool.QueryRow(t.Context(), statement, args...).Scan(&value), statement)
	return value
}

// state is everything of the catalogue that a change could leave behind.
func (b backOffice) state(t testing.TB) string {
	t.Helper()
	return one[string](t, b, `
SELECT concat_ws('|',
  (SELECT string_agg(p::text, ';' ORDER BY id) FROM products p),
  (SELECT string_agg(v::text, ';' ORDER BY id) FROM variants v),
  (SELECT string_agg(i::text, ';' ORDER BY id) FROM images i),
  (SELECT string_agg(o::text, ';' ORDER BY product_id, position) FROM product_options o),
  (SELECT string_agg(c::text, ';' ORDER BY product_id, category_id) FROM product_categories c),
  (SELECT string_agg(s::text, ';' ORDER BY slug) FROM product_slugs s),
  (SELECT string_agg(l::text, ';' ORDER BY product_id, scope_id) FROM product_listings l),
  (SELECT count(*)::text FROM audit_events), (SELECT count(*)::text FROM idempotency_keys))`)
}

func price(amount, currency string) obj { return obj{"amount": amount, "currencyCode": currency} }

func chosen(pairs ...string) []obj {
	values := make([]obj, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		values = append(values, obj{"name": pairs[i], "value": pairs[i+1]})
	}
	return values
}
