package store

import "context"

// Verdict is what a moderator decides about a review.
type Verdict struct {
	ReviewID ReviewID
	Status   ReviewStatus
	// ExpectedVersion, when set, refuses the verdict on a review that has changed
	// since.
	ExpectedVersion *int64
}

// ModerateReview gives a review the state that a moderator decides.
func (w *Writer) ModerateReview(ctx context.Context, v Verdict) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.moderateReview(ctx, v) })
}

// BulkModerateReviews is ModerateReview for a list.
func (w *Writer) BulkModerateReviews(ctx context.Context, verdicts []Verdict, policy ErrorPolicy) ([]Outcome[ReviewID], error) {
	ids := make([]ReviewID, len(verdicts))
	for i, v := range verdicts {
		ids[i] = v.ReviewID
	}
	return bulkAfter(ctx, w, verdicts, policy,
		func(tx *Tx) error { return tx.lockProductsOfReviews(ctx, ids) },
		func(tx *Tx, v Verdict) (ReviewID, error) { return v.ReviewID, tx.moderateReview(ctx, v) })
}

func (tx *Tx) moderateReview(ctx context.Context, v Verdict) error {
	old, product, err := tx.lockReview(ctx, v.ReviewID)
	if err != nil {
		return err
	}
	if !tx.moderates(product) {
		return noReview()
	}
	if err := checkVersion(old.Version, v.ExpectedVersion); err != nil {
		return err
	}
	if old.Status == v.Status {
		return nil
	}
	const statement = `-- name: ModerateReview
UPDATE reviews
SET status = @status
WHERE id = @id`
	if _, err := tx.exec(ctx, statement, args{"id": v.ReviewID, "status": v.Status}); err != nil {
		return err
	}
	tx.touchReviewed(old.ProductID, old.Status, v.Status)
	tx.audit(SubjectReview, v.ReviewID, AuditChange{Field: "status", Before: text(old.Status), After: text(v.Status)})
	return nil
}

// lockProductsOfReviews locks the products of several reviews in one order, so that
// two lists of the same ones in different orders do not lock each other out.
func (tx *Tx) lockProductsOfReviews(ctx context.Context, ids []ReviewID) error {
	const statement = `-- name: LockProductsOfReviews
SELECT p.id
FROM products p
WHERE p.id IN (SELECT r.product_id FROM reviews r WHERE r.id = ANY (@ids))
ORDER BY p.id
FOR NO KEY UPDATE`
	_, err := tx.exec(ctx, statement, args{"ids": ids})
	return err
}
