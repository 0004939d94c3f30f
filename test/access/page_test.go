package access

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// moreReviews fills the first page of a product's reviews.
const moreReviews = `
INSERT INTO customers (id, display_name, email)
SELECT ('01900000-0000-7000-8000-0000000a' || lpad(n::text, 4, '0'))::uuid, 'Shopper ' || n, 'shopper' || n || '@example.com' FROM generate_series(1, 20) n;
INSERT INTO reviews (id, product_id, customer_id, rating, title, status)
SELECT ('01900000-0000-7000-8000-0000000b' || lpad(n::text, 4, '0'))::uuid, '01900000-0000-7000-8000-000000000101',
  ('01900000-0000-7000-8000-0000000a' || lpad(n::text, 4, '0'))::uuid, 5, 'Review ' || n, 'PUBLISHED' FROM generate_series(1, 20) n;
SELECT refresh_products(array_agg(id)) FROM products;`

// TestAPageKeepsWhatIsNotRefused asks for fields of staff beside those of a shopper's
// page.
func TestAPageKeepsWhatIsNotRefused(t *testing.T) {
	db := accessShop(t)
	harness.Execute(t, db.PrimaryURL, moreReviews)
	require.NoError(t, db.WaitReplica(t.Context()))
	server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Limits.Errors = 100 }) // to see all
	const page = `{
		product(slug: "linen-shirt") {
			title
			reviews { nodes { title status } }
			variants(first: 1) { nodes { sku cost { amount } inventoryLevels { totalCount } } }
		}
		customers { totalCount }
		staffMembers { totalCount }
		shop { name }
	}`
	for _, c := range []caller{anonymous, newcomer} {
		t.Run(c.name, func(t *testing.T) {
			answer := server.As(t, c.Principal).Do(t, page, nil)
			require.Equal(t, "Linen Shirt", answer.At("product", "title"), string(answer.Raw))
			require.NotEmpty(t, answer.At("shop", "name"))
			variant, _ := answer.At("product", "variants", "nodes", 0).(map[string]any)
			require.NotEmpty(t, variant["sku"])
			reviews, _ := answer.At("product", "reviews", "nodes").([]any)
			require.Len(t, reviews, 20)

			refused := map[any]int{}
			for _, e := range answer.Errors {
				require.Equal(t, refusalCode(c), e.Extensions["code"])
				refused[e.Path[len(e.Path)-1]]++
			}
			require.Equal(t, map[any]int{"status": 20, "cost": 1, "inventoryLevels": 1, "customers": 1, "staffMembers": 1}, refused)
			for _, review := range reviews {
				require.NotEmpty(t, harness.At(review, "title"))
				require.Nil(t, harness.At(review, "status"))
			}
		})
	}
}
