package writes

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// Customers and products of the goldens' shop.
var (
	maya          = uuid.MustParse("01900000-0000-7000-8000-000000000701")
	doe           = uuid.MustParse("01900000-0000-7000-8000-000000000702")
	lampID        = shop.ID[store.ProductID]("102")
	reviewedMugID = shop.ID[store.ProductID]("104")
	doesOne       = shop.ID[store.ReviewID]("602") // two stars for the shirt
)

const reviewShown = `review { id rating title body status version author { displayName } product { slug reviewSummary { average count } } }`

func TestReviewCreate(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsCustomer(maya)), poolOf(t, db.PrimaryURL)
	input := map[string]any{"productId": reviewedMugID, "rating": 4, "title": " Sturdy mug ", "body": "Line one.\r\nLine <b>two</b>.\u202e\u0007", "idempotencyKey": "r"}
	got := applied(t, server, "reviewCreate", reviewShown, input)["review"]
	require.Equal(t, map[string]any{
		"id": harness.At(got, "id"), "rating": 4.0, "title": "Sturdy mug", "body": "Line one.\nLine <b>two</b>.", "status": "PUBLISHED", "version": 1.0,
		"author":  map[string]any{"displayName": "Maya"},
		"product": map[string]any{"slug": "enamel-mug", "reviewSummary": map[string]any{"average": 4.0, "count": 1.0}},
	}, got, "the summary is right at once")
	require.Equal(t, got, applied(t, server, "reviewCreate", reviewShown, input)["review"])
	require.Equal(t, 1, valueOf[int](t, pool, `SELECT count(*) FROM reviews WHERE title = 'Sturdy mug'`))
	require.Zero(t, valueOf[int](t, pool, `SELECT count(*) FROM audit_events`), "what customers do is not kept")

	review := func(more map[string]any) map[string]any {
		input := map[string]any{"productId": lampID, "rating": 5}
		for k, v := range more {
			input[k] = v
		}
		return input
	}
	for name, tc := range map[string]struct {
		input map[string]any
		want  []string
	}{
		"a second one":           {review(map[string]any{"productId": reviewedMugID}), []string{"TAKEN at input.productId"}},
		"no star":                {review(map[string]any{"rating": 0}), []string{"INVALID at input.rating"}},
		"six stars":              {review(map[string]any{"rating": 6}), []string{"INVALID at input.rating"}},
		"a long title and text":  {review(map[string]any{"title": strings.Repeat("x", 256), "body": strings.Repeat("x", 10_001)}), []string{"TOO_LONG at input.title", "TOO_LONG at input.body"}},
		"a draft":                {review(map[string]any{"productId": shop.DraftID}), []string{"NOT_FOUND at input.productId"}},
		"what is off sale":       {review(map[string]any{"productId": shop.ID[store.ProductID]("107")}), []string{"NOT_FOUND at input.productId"}},
		"what does not exist":    {review(map[string]any{"productId": shop.ID[store.ProductID]("199")}), []string{"NOT_FOUND at input.productId"}},
		"what is no product":     {review(map[string]any{"productId": shop.LoomID}), []string{"NOT_FOUND at input.productId"}},
		"the key of another one": {review(map[string]any{"idempotencyKey": "r"}), []string{"IDEMPOTENCY_CONFLICT at input.idempotencyKey"}},
	} {
		t.Run(name, func(t *testing.T) {
			payload := sendInput(t, server, "reviewCreate", reviewShown, tc.input)
			require.Equal(t, tc.want, refusals(payload))
			require.Nil(t, payload["review"])
		})
	}
	second := sendInput(t, server, "reviewCreate", reviewShown, review(map[string]any{"productId": reviewedMugID}))
	require.Contains(t, harness.At(second["userErrors"], 0, "message"), "reviewUpdate")
}

func TestACustomerHasOneReviewOfAProduct(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsCustomer(maya)), poolOf(t, db.PrimaryURL)
	results := make([][]string, 30)
	var work sync.WaitGroup
	for i := range results {
		work.Go(func() {
			results[i] = refusals(sendInput(t, server, "reviewCreate", reviewShown, map[string]any{"productId": reviewedMugID, "rating": 1 + i%5}))
		})
	}
	work.Wait()
	made := 0
	for _, faults := range results {
		if len(faults) == 0 {
			made++
			continue
		}
		require.Equal(t, []string{"TAKEN at input.productId"}, faults)
	}
	require.Equal(t, 1, made)
	require.Equal(t, 1, valueOf[int](t, pool, `SELECT count(*) FROM reviews r JOIN products p ON p.id = r.product_id WHERE p.slug = 'enamel-mug'`))
	requireDerived(t, pool)
}

func TestReviewUpdate(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsCustomer(doe)), poolOf(t, db.PrimaryURL)
	got := applied(t, server, "reviewUpdate", reviewShown, map[string]any{"id": doesOne, "rating": 3, "title": "Better now", "body": nil, "expectedVersion": 1})["review"]
	require.Equal(t, []any{3.0, "Better now", "", "PUBLISHED", 2.0},
		[]any{harness.At(got, "rating"), harness.At(got, "title"), harness.At(got, "body"), harness.At(got, "status"), harness.At(got, "version")})
	require.Equal(t, map[string]any{"average": 4.0, "count": 3.0}, harness.At(got, "product", "reviewSummary"))

	harness.Execute(t, db.PrimaryURL, `UPDATE reviews SET status = 'REJECTED' WHERE title = 'Better now'; SELECT refresh_products(array_agg(id)) FROM products`)
	got = applied(t, server, "reviewUpdate", reviewShown, map[string]any{"id": doesOne, "title": "Polite now"})["review"]
	require.Equal(t, "PENDING", harness.At(got, "status"), "a moderator looks at it again")
	require.Equal(t, map[string]any{"average": 4.5, "count": 2.0}, harness.At(got, "product", "reviewSummary"))
	requireDerived(t, pool)

	for name, tc := range map[string]struct {
		input map[string]any
		want  []string
	}{
		"an old version":       {map[string]any{"id": doesOne, "rating": 1, "expectedVersion": 1}, []string{"VERSION_CONFLICT at input.expectedVersion"}},
		"no stars":             {map[string]any{"id": doesOne, "rating": nil}, []string{"REQUIRED at input.rating"}},
		"too many stars":       {map[string]any{"id": doesOne, "rating": 9, "title": strings.Repeat("x", 256)}, []string{"INVALID at input.rating", "TOO_LONG at input.title"}},
		"a long text":          {map[string]any{"id": doesOne, "body": strings.Repeat("x", 10_001)}, []string{"TOO_LONG at input.body"}},
		"somebody else's":      {map[string]any{"id": shop.ID[store.ReviewID]("601"), "rating": 1}, []string{"NOT_FOUND at input.id"}},
		"of an unknown author": {map[string]any{"id": shop.ID[store.ReviewID]("603"), "rating": 1}, []string{"NOT_FOUND at input.id"}},
		"what is no review":    {map[string]any{"id": shop.ShirtID, "rating": 1}, []string{"NOT_FOUND at input.id"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, refusals(sendInput(t, server, "reviewUpdate", reviewShown, tc.input)))
		})
	}
	for _, mutation := range []string{"reviewUpdate", "reviewDelete"} {
		theirs := sendInput(t, server, mutation, `__typename`, map[string]any{"id": shop.ID[store.ReviewID]("601")})
		nobodys := sendInput(t, server, mutation, `__typename`, map[string]any{"id": shop.ID[store.ReviewID]("699")})
		require.Equal(t, nobodys, theirs, "the same answer, to the word")
	}
}

func TestReviewDelete(t *testing.T) {
	db := shop.New(t)
	own, pool := harness.Start(t, db, harness.AsCustomer(doe)), poolOf(t, db.PrimaryURL)
	require.Equal(t, doesOne, applied(t, own, "reviewDelete", `deletedReviewId`, map[string]any{"id": doesOne})["deletedReviewId"])
	require.Equal(t, 2, valueOf[int](t, pool, `SELECT rating_count FROM products WHERE slug = 'linen-shirt'`))
	require.Empty(t, auditOf(t, pool, "reviewDelete"))
	require.Equal(t, []string{"NOT_FOUND at input.id"}, refusals(sendInput(t, own, "reviewDelete", `deletedReviewId`, map[string]any{"id": doesOne})))

	mayas := map[string]any{"id": shop.ID[store.ReviewID]("601")}
	require.Equal(t, []string{"NOT_FOUND at input.id"}, refusals(sendInput(t, harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), "reviewDelete", `deletedReviewId`, mayas)))
	applied(t, harness.Start(t, db, harness.AsStaff(auth.ReviewsModerate)), "reviewDelete", `deletedReviewId`, mayas)
	require.Equal(t, []string{"REVIEW rating: 5 > -, title: Love it > -"}, auditOf(t, pool, "reviewDelete"))
	requireDerived(t, pool)
}

func TestReviewModeration(t *testing.T) {
	db := shop.New(t)
	before := func(s *harness.Setup) { s.Config.ReviewModeration = config.ModerateBefore }
	customer, moderator := harness.Start(t, db, harness.AsCustomer(maya), before), harness.Start(t, db, harness.AsStaff(auth.ReviewsModerate))
	stranger, pool := harness.Start(t, db, harness.AsCustomer(doe)), poolOf(t, db.PrimaryURL)
	got := applied(t, customer, "reviewCreate", reviewShown, map[string]any{"productId": reviewedMugID, "rating": 1, "body": "Spam."})["review"]
	id := harness.At(got, "id").(string)
	require.Equal(t, "PENDING", harness.At(got, "status"))
	require.Equal(t, 0.0, harness.At(got, "product", "reviewSummary", "count"))
	seenBy := func(server *harness.Server) any {
		return server.Query(t, `query ($id: ID!) { node(id: $id) { ... on Review { body } } }`, map[string]any{"id": id}).At("node", "body")
	}
	require.Eventually(t, func() bool { return seenBy(customer) == "Spam." }, eventually, poll)
	require.Nil(t, seenBy(stranger))

	queue := func(filter string) string {
		answer := moderator.Query(t, `{ reviews(first: 2`+filter+`) { nodes { rating status product { slug } } totalCount pageInfo { hasNextPage } } }`, nil)
		return fmt.Sprint(answer.At("reviews"))
	}
	require.Eventually(t, func() bool {
		return queue("") == "map[nodes:[map[product:map[slug:enamel-mug] rating:1 status:PENDING] map[product:map[slug:linen-shirt] rating:1 status:PENDING]] pageInfo:map[hasNextPage:false] totalCount:2]"
	}, eventually, poll)
	require.Contains(t, queue(", filter: {status: PUBLISHED}"), "totalCount:4")
	require.Contains(t, queue(", filter: {status: REJECTED}"), "totalCount:0")

	got = applied(t, moderator, "reviewModerate", reviewShown, map[string]any{"id": id, "status": "PUBLISHED", "expectedVersion": 1})["review"]
	require.Equal(t, map[string]any{"average": 1.0, "count": 1.0}, harness.At(got, "product", "reviewSummary"))
	got = applied(t, customer, "reviewUpdate", reviewShown, map[string]any{"id": id, "body": "Buy elsewhere."})["review"]
	require.Equal(t, "PENDING", harness.At(got, "status"), "what was published may have changed its meaning")
	require.Equal(t, 0.0, harness.At(got, "product", "reviewSummary", "count"))

	bulk := sendInput(t, moderator, "reviewBulkModerate", `results { index review { id status } userErrors { code } }`, map[string]any{"errorPolicy": "SKIP_FAILED", "items": []any{
		map[string]any{"id": id, "status": "REJECTED"},
		map[string]any{"id": shop.LoomID, "status": "REJECTED"},
		map[string]any{"id": doesOne, "status": "REJECTED", "expectedVersion": 7},
		map[string]any{"id": shop.ID[store.ReviewID]("604"), "status": "PUBLISHED"},
	}})
	require.Equal(t, []string{"NOT_FOUND at input.items.1.id", "VERSION_CONFLICT at input.items.2.expectedVersion"}, refusals(bulk))
	want := []any{
		map[string]any{"index": 0.0, "review": map[string]any{"id": id, "status": "REJECTED"}, "userErrors": []any{}},
		map[string]any{"index": 1.0, "review": nil, "userErrors": []any{map[string]any{"code": "NOT_FOUND"}}},
		map[string]any{"index": 2.0, "review": nil, "userErrors": []any{map[string]any{"code": "VERSION_CONFLICT"}}},
		map[string]any{"index": 3.0, "review": map[string]any{"id": shop.ID[store.ReviewID]("604"), "status": "PUBLISHED"}, "userErrors": []any{}},
	}
	require.Equal(t, want, bulk["results"])
	require.Equal(t, []string{"REVIEW status: PENDING > REJECTED", "REVIEW status: PENDING > PUBLISHED"}, auditOf(t, pool, "reviewBulkModerate"))
	require.Equal(t, 4, valueOf[int](t, pool, `SELECT rating_count FROM products WHERE slug = 'linen-shirt'`))
	requireDerived(t, pool)

	for name, tc := range map[string]struct {
		input map[string]any
		want  string
	}{
		"nothing":        {map[string]any{"id": shop.ID[store.ReviewID]("699"), "status": "PUBLISHED"}, "NOT_FOUND at input.id"},
		"no review":      {map[string]any{"id": shop.ShirtID, "status": "PUBLISHED"}, "NOT_FOUND at input.id"},
		"an old version": {map[string]any{"id": id, "status": "PUBLISHED", "expectedVersion": 1}, "VERSION_CONFLICT at input.expectedVersion"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{tc.want}, refusals(sendInput(t, moderator, "reviewModerate", reviewShown, tc.input)))
		})
	}
}

// A moderator who may not see what is off sale does not see what is said of it.
func TestReviewsOfWhatIsNotOnSale(t *testing.T) {
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, `UPDATE products SET status = 'DRAFT' WHERE slug = 'linen-shirt'; SELECT refresh_products(array_agg(id)) FROM products`)
	require.NoError(t, db.WaitReplica(t.Context()))
	pending := shop.ID[store.ReviewID]("604")
	for name, tc := range map[string]struct {
		permissions []auth.Permission
		count       float64
		want        []string
	}{
		"a moderator alone":                {[]auth.Permission{auth.ReviewsModerate}, 0, []string{"NOT_FOUND at input.id"}},
		"a moderator who sees drafts, too": {[]auth.Permission{auth.ReviewsModerate, auth.CatalogueRead}, 1, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			server := harness.Start(t, db, harness.AsStaff(tc.permissions...))
			require.Equal(t, tc.count, server.Query(t, `{ reviews { totalCount nodes { product { slug } } } }`, nil).At("reviews", "totalCount"))
			require.Equal(t, tc.want, refusals(sendInput(t, server, "reviewModerate", reviewShown, map[string]any{"id": pending, "status": "PENDING"})))
		})
	}
}
