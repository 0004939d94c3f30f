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
	return bulk(ctx, w, verdicts, policy,
		locking(ctx, productsOfReviews, verdicts, func(v Verdict) ReviewID { return v.ReviewID }),
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
