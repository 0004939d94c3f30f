package importer

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// chunkReviews is how many reviews one transaction writes. They are ordered by
// product, so that a product's derived columns are refreshed once or twice,
// however many reviews it has.
const chunkReviews = 20_000

// reviews merges reviews and the customers who wrote them.
func (m *merger) reviews(ctx context.Context) error {
	var all int
	if err := m.inTx(ctx, func(tx pgx.Tx) (err error) {
		all, err = m.arrangeReviews(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	m.run.merged("reviews", 0, all)
	for first := 1; first <= all; first += chunkReviews {
		args := pgx.StrictNamedArgs{"first": first, "last": first + chunkReviews - 1}
		if err := m.inTx(ctx, func(tx pgx.Tx) error { return m.reviewChunk(ctx, tx, args) }); err != nil {
			return err
		}
		m.run.merged("reviews", min(first+chunkReviews-1, all), all)
	}
	return nil
}

func (m *merger) arrangeReviews(ctx context.Context, tx pgx.Tx) (all int, err error) {
	if err := exec(ctx, tx, `-- name: ImportStageIndexReviews
CREATE UNIQUE INDEX ON s_review (seq)`, `-- name: ImportStageAnalyzeReviews
ANALYZE s_review (seq, key, product_key)`); err != nil {
		return 0, err
	}
	if err := m.findProducts(ctx, tx, keysOfReviews); err != nil {
		return 0, err
	}
	if err := exec(ctx, tx, `-- name: ImportChosenReviews
CREATE TEMP TABLE t_review AS
SELECT row_number() OVER (ORDER BY r.product_id, r.seq)::int AS n, r.seq, r.product_id
FROM (
  SELECT DISTINCT ON (s.key) s.key, s.seq, k.product_id
  FROM s_review s
  JOIN t_key k ON k.source = s.product_source AND k.key = s.product_key
  WHERE k.product_id IS NOT NULL
  ORDER BY s.key, s.seq
) AS r`, `-- name: ImportChosenReviewsIndex
CREATE UNIQUE INDEX ON t_review (n)`, `-- name: ImportChosenReviewsAnalyze
ANALYZE t_review`, `-- name: ImportOrphanReviews
INSERT INTO t_fault (file, line, value, reason)
SELECT s.file, s.line, s.product_key,
       coalesce(k.reason, 'the product of this review is not in the shop: import it first, or name its source')
FROM s_review s
JOIN t_key k ON k.source = s.product_source AND k.key = s.product_key
WHERE k.product_id IS NULL`); err != nil {
		return 0, err
	}
	return countDistinct(ctx, tx, &m.run.report.Reviews, `-- name: ImportReviewCounts
SELECT (SELECT count(*) FROM t_review),
       (SELECT count(*) FROM s_review s
        JOIN t_key k ON k.source = s.product_source AND k.key = s.product_key
        WHERE k.product_id IS NOT NULL)
         - (SELECT count(*) FROM t_review)`)
}

func (m *merger) reviewChunk(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if err := exec(ctx, tx, dropTouched); err != nil {
		return err
	}
	if err := lockProducts(ctx, tx, lockedReviews, args); err != nil {
		return err
	}
	args["source"] = m.run.options.Source
	if err := m.changes.watch(ctx, tx, reviewScopes(args)...); err != nil {
		return err
	}
	// The first name of a customer stays; a later one would change it back and
	// forth.
	if err := count(ctx, tx, &m.run.report.Customers, `-- name: ImportCustomers
WITH w AS (
  SELECT DISTINCT ON (s.author_key) s.author_key, s.author_id, s.author_name
  FROM t_review r
  JOIN s_review s USING (seq)
  WHERE r.n BETWEEN @first AND @last AND s.author_key IS NOT NULL
  ORDER BY s.author_key, s.author_name = '', s.seq
), added AS (
  INSERT INTO customers (id, display_name, source, source_key)
  SELECT w.author_id, coalesce(nullif(w.author_name, ''), 'Customer'), @source, w.author_key
  FROM w
  WHERE NOT EXISTS (SELECT FROM customers c WHERE c.source = @source AND c.source_key = w.author_key)
  RETURNING 1
)
SELECT (SELECT count(*) FROM added), 0, (SELECT count(*) FROM w)`, args); err != nil {
		return err
	}
	if err := count(ctx, tx, &m.run.report.Reviews, reviewsStatement, args); err != nil {
		return err
	}
	if err := m.trustStatistics(ctx, tx); err != nil {
		return err
	}
	if err := m.changes.note(ctx, tx); err != nil {
		return err
	}
	return m.finishProducts(ctx, tx)
}

// reviewScopes are the reviews and the customers that a chunk of reviews may change or
// add.
func reviewScopes(args pgx.StrictNamedArgs) []scoped {
	chunk := pgx.StrictNamedArgs{"first": args["first"], "last": args["last"]}
	const ofChunk = `
FROM t_review r
JOIN s_review s USING (seq)
WHERE r.n BETWEEN @first AND @last`
	return []scoped{
		{"customer", `SELECT s.author_id` + ofChunk, chunk},
		{"review", `SELECT s.id` + ofChunk, chunk},
		{"review", `SELECT e.id
FROM t_review r
JOIN s_review s USING (seq)
JOIN reviews e ON e.source = @source AND e.source_key = s.key
WHERE r.n BETWEEN @first AND @last`, args},
	}
}

const reviewsStatement = `-- name: ImportReviews
WITH w AS MATERIALIZED (
  SELECT s.id, r.product_id, c.id AS customer_id, s.rating, s.title, s.body, s.key, s.created_at, e.id AS existing
  FROM t_review r
  JOIN s_review s USING (seq)
  LEFT JOIN customers c ON c.source = @source AND c.source_key = s.author_key
  LEFT JOIN reviews e ON e.source = @source AND e.source_key = s.key
  WHERE r.n BETWEEN @first AND @last
), added AS (
  INSERT INTO reviews (id, product_id, customer_id, rating, title, body, source, source_key, created_at)
  SELECT id, product_id, customer_id, rating, title, body, @source, key, coalesce(created_at, now())
  FROM w
  WHERE existing IS NULL
  RETURNING product_id
), changed AS (
  UPDATE reviews e
  SET product_id = w.product_id, customer_id = w.customer_id, rating = w.rating, title = w.title, body = w.body,
      created_at = coalesce(w.created_at, e.created_at), version = e.version + 1, updated_at = now()
  FROM w
  WHERE e.id = w.existing
    AND (e.product_id, e.customer_id, e.rating, e.title, e.body, e.created_at) IS DISTINCT FROM
        (w.product_id, w.customer_id, w.rating, w.title, w.body, coalesce(w.created_at, e.created_at))
  RETURNING e.product_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT product_id, false FROM added
  UNION
  SELECT product_id, false FROM changed
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`
