package store

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
	"souk/internal/jobs"
)

// inlineRefresh is how many products a change brings up to date before it commits. Above
// that a job does it: 200 products took 40 to 190 ms on two cores, quiet or busy.
const inlineRefresh = 200

// refreshPart is how many products a job refreshes in one transaction. Who changes one of
// them in the meantime waits that long.
const refreshPart = 200

// productSet selects the keys of products, by the keys @ids of what they belong to. A
// product may come twice.
type productSet string

// The sets of products that a change of something else can concern.
const (
	productsOfVendors    productSet = "SELECT p.id FROM products p WHERE p.vendor_id = ANY (@ids)"
	productsInCategories productSet = "SELECT pc.product_id AS id FROM product_categories pc WHERE pc.category_id = ANY (@ids)"
)

// refreshesSet says that everything that is derived from a set of products must be derived
// again. raise reports whether their versions rise. A set of more than inlineRefresh
// products is written to stale_products, and a job refreshes them after the commit.
//
// Call it while the set is still what the change concerns, and after the lock that keeps
// others out of the set. A product that another transaction changes at the same time is
// right in the end: whoever refreshes it has locked it, and reads what is committed by
// then, and the job starts after this commit.
func (tx *Tx) refreshesSet(ctx context.Context, set productSet, ids any, raise bool) (effect, error) {
	few, all, err := tx.lockFew(ctx, set, ids)
	switch {
	case err != nil:
		return nil, err
	case !all:
		return tx.markStale(ctx, set, ids, raise)
	case raise:
		return changesProducts(few...), nil
	}
	return refreshesProducts(derivedAll, few...), nil
}

// lockFew locks the products of a set, in the same order as refresh_products, and returns
// their keys. If the set has more than inlineRefresh, it locks some, and all is false. The
// set is cut before it is joined and sorted: a limit at the end had the planner walk the
// whole shop for the products of a small vendor.
func (tx *Tx) lockFew(ctx context.Context, set productSet, ids any) (few []ProductID, all bool, err error) {
	type locked struct {
		ID    ProductID
		Whole bool
	}
	rows, err := rowsOf[locked](ctx, tx, `-- name: LockProductsOfSet
WITH few AS MATERIALIZED (
  `+string(set)+`
  LIMIT `+strconv.Itoa(inlineRefresh+1)+`
)
SELECT p.id, (SELECT count(*) FROM few) <= `+strconv.Itoa(inlineRefresh)+` AS whole
FROM products p
WHERE p.id = ANY (ARRAY(SELECT few.id FROM few))
ORDER BY p.id
FOR NO KEY UPDATE`, args{"ids": ids})
	if err != nil || len(rows) == 0 {
		return nil, true, err
	}
	return mapSlice(rows, func(row *locked) ProductID { return row.ID }), rows[0].Whole, nil
}

// markStale writes the products of a set to stale_products and adds their job.
func (tx *Tx) markStale(ctx context.Context, set productSet, ids any, raise bool) (effect, error) {
	batch, err := newID[uuid.UUID]()
	if err != nil {
		return nil, err
	}
	n, err := tx.exec(ctx, `-- name: MarkStaleProducts
INSERT INTO stale_products (batch, product_id, raises)
SELECT DISTINCT @batch::uuid, marked.id, @raises::boolean
FROM (`+string(set)+`) AS marked`, args{"batch": batch, "raises": raise, "ids": ids})
	if err != nil {
		return nil, err
	}
	return func(p *pending, _ *auditEvent) { p.jobs = append(p.jobs, jobs.NewProductsRefresh(batch, int(n))) }, nil
}

// RefreshStaleProducts refreshes some products of a batch that a change has marked, and
// takes their marks away. It returns how many; 0 means that none is left.
func (s *Store) RefreshStaleProducts(ctx context.Context, batch uuid.UUID) (int, error) {
	// It waits for marks that another transaction is taking away, instead of skipping
	// them: if that one fails, its products are still stale.
	const take = `-- name: TakeStaleProducts
DELETE FROM stale_products s
USING (
  SELECT t.product_id
  FROM stale_products t
  WHERE t.batch = @batch
  ORDER BY t.product_id
  LIMIT @part
  FOR UPDATE
) AS part
WHERE s.batch = @batch AND s.product_id = part.product_id
RETURNING s.product_id, s.raises`
	type mark struct {
		ProductID ProductID
		Raises    bool
	}
	var marks []*mark
	worker := s.Writer(s.Reader(View{}, 0), Origin{By: auth.Principal{}, Action: jobs.ProductsRefresh{}.Kind()})
	err := worker.inTx(ctx, func(tx *Tx) (err error) {
		if marks, err = rowsOf[mark](ctx, tx, take, args{"batch": batch, "part": refreshPart}); err != nil {
			return err
		}
		for _, m := range marks {
			tx.pending.markStale(m.ProductID, staleness{raise: m.Raises, derived: derivedAll})
		}
		return nil
	})
	return len(marks), err
}

// CountStaleProducts returns how many products of a batch are still to be refreshed.
func (s *Store) CountStaleProducts(ctx context.Context, batch uuid.UUID) (int, error) {
	const statement = `-- name: CountStaleProducts
SELECT count(*)
FROM stale_products
WHERE batch = @batch`
	var n int
	err := s.primary.pool.QueryRow(ctx, statement, args{"batch": batch}).Scan(&n)
	return n, readFault(err)
}

// AbandonedRefreshes returns a job for each batch that has marks and no job that has not
// ended: the job was cancelled, failed for good or was removed. A change commits its marks
// and their job together, and the statement sees both or neither. Without marks it reads
// one page of an index.
func (s *Store) AbandonedRefreshes(ctx context.Context) ([]jobs.ProductsRefresh, error) {
	// The first part goes from batch to batch by the index, however many marks each has.
	const statement = `-- name: AbandonedRefreshes
WITH RECURSIVE batches AS (
  (SELECT s.batch FROM stale_products s ORDER BY s.batch LIMIT 1)
  UNION ALL
  SELECT (SELECT s.batch FROM stale_products s WHERE s.batch > b.batch ORDER BY s.batch LIMIT 1)
  FROM batches b
  WHERE b.batch IS NOT NULL
)
SELECT b.batch, (SELECT count(*) FROM stale_products s WHERE s.batch = b.batch)
FROM batches b
WHERE b.batch IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM river_job j
    WHERE j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled') AND j.queue = @kind AND j.args ->> 'batch' = b.batch::text
  )`
	rows, err := s.primary.pool.Query(ctx, statement, args{"kind": jobs.ProductsRefresh{}.Kind()})
	if err != nil {
		return nil, readFault(err)
	}
	abandoned, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (jobs.ProductsRefresh, error) {
		var batch uuid.UUID
		var left int
		err := row.Scan(&batch, &left)
		return jobs.NewProductsRefresh(batch, left), err
	})
	return abandoned, readFault(err)
}
