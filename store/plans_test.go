package store

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// TestHowStatementsArePlanned asks Postgres how often it has planned each statement for its
// arguments, and how often it has used a plan for any arguments.
func TestHowStatementsArePlanned(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	const times = 8 // by default Postgres looks at the costs of plans after five
	page := PageRequest{Order: ProductsByNewest, Limit: 10}
	search := &Search{Query: "'mug':*", Exact: "'mug':*"}
	byPrice := ProductFilter{Price: &PriceFilter{Currency: "EUR"}}
	for name, tc := range map[string]struct {
		read   func(ctx context.Context, r *Reader) error
		varied bool
	}{
		"ListProducts": {func(ctx context.Context, r *Reader) error {
			_, err := r.ListProducts(ctx, []Listing{WholeShop()}, ProductFilter{}, page)
			return err
		}, false},
		"CountProducts": {func(ctx context.Context, r *Reader) error {
			_, err := r.CountProducts(ctx, []Listing{WholeShop()}, ProductFilter{})
			return err
		}, false},
		"ProductsByIDs": {func(ctx context.Context, r *Reader) error {
			_, err := r.ProductsByIDs(ctx, []ProductID{{1}})
			return err
		}, false},
		"ListProductCategories": {func(ctx context.Context, r *Reader) error {
			_, err := r.ListProductCategories(ctx, []ProductID{{1}}, PageRequest{Order: CategoriesByName, Limit: 3})
			return err
		}, false},
		"ExpandSearch": {func(ctx context.Context, r *Reader) error {
			_, err := r.ExpandSearch(ctx, "mug")
			return err
		}, false},
		"ListProducts of a filter": {func(ctx context.Context, r *Reader) error {
			_, err := r.ListProducts(ctx, []Listing{WholeShop()}, byPrice, page)
			return err
		}, true},
		"ListProducts of a search": {func(ctx context.Context, r *Reader) error {
			_, err := r.ListProducts(ctx, []Listing{WholeShop()}, ProductFilter{Search: search}, page)
			return err
		}, true},
		"CountProducts of a search": {func(ctx context.Context, r *Reader) error {
			_, err := r.CountProducts(ctx, []Listing{WholeShop()}, ProductFilter{Search: search})
			return err
		}, true},
		"ProductFacets": {func(ctx context.Context, r *Reader) error {
			_, err := r.ProductFacets(ctx, []Listing{WholeShop()}, byPrice, FacetSet{Vendors: true})
			return err
		}, true},
	} {
		for _, pooler := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, pooler %t", name, pooler), func(t *testing.T) {
				s, err := Open(t.Context(), Config{PrimaryURL: db.PrimaryURL, MaxConns: 1, TransactionPooler: pooler})
				require.NoError(t, err)
				t.Cleanup(s.Close)
				for range times {
					require.NoError(t, tc.read(t.Context(), s.Reader(View{}, 0)))
				}
				var generic, custom int
				statement := regexp.MustCompile(`^\w+`).FindString(name)
				require.NoError(t, s.primary.pool.QueryRow(t.Context(), `
SELECT coalesce(sum(generic_plans), 0), coalesce(sum(custom_plans), 0)
FROM pg_prepared_statements
WHERE statement LIKE '-- name: ' || $1 || '%'`, pgx.QueryExecModeExec, statement).Scan(&generic, &custom))
				switch {
				case pooler: // where nothing can be prepared
					require.Zero(t, generic+custom)
				case tc.varied:
					require.Equal(t, [2]int{0, times}, [2]int{generic, custom})
				default:
					require.Equal(t, [2]int{times, 0}, [2]int{generic, custom})
				}
			})
		}
	}
}

// TestPlansDoNotDependOnTheServer reads the settings of a connection. What the URL says
// wins, and behind a pooler they are the role's.
func TestPlansDoNotDependOnTheServer(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for name, tc := range map[string]struct {
		query, want string
		pooler      bool
	}{
		"by itself":       {"", "force_generic_plan 1.1 off", false},
		"by the URL":      {"&random_page_cost=2", "force_generic_plan 2 off", false},
		"by options":      {"&options=-c%20plan_cache_mode%3Dforce_custom_plan", "force_custom_plan 1.1 off", false},
		"behind a pooler": {"", "auto 4 on", true},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), Config{PrimaryURL: db.PrimaryURL + tc.query, TransactionPooler: tc.pooler})
			require.NoError(t, err)
			t.Cleanup(s.Close)
			var got string
			require.NoError(t, s.primary.pool.QueryRow(t.Context(), `
SELECT concat_ws(' ', current_setting('plan_cache_mode'), current_setting('random_page_cost'), current_setting('jit'))`).Scan(&got))
			require.Equal(t, tc.want, got)
		})
	}
}
