package store

import (
	"context"

	"souk/internal/fault"
)

// ReviewModerate is a moderator's decision about a review.
type ReviewModerate struct {
	ID              ReviewID
	ExpectedVersion *int64
	Status          ReviewStatus
}

func (m *ReviewModerate) check() (problems fault.Problems) {
	checkExists(&problems, "id", m.ID, noReviewToChange)
	return problems
}

// ModerateReview sets the status of a review.
func (w *Writer) ModerateReview(ctx context.Context, m ReviewModerate) error {
	if err := m.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.moderateReview(ctx, m) })
}

// BulkModerateReviews is ModerateReview for a list of reviews.
func (w *Writer) BulkModerateReviews(ctx context.Context, b Bulk[ReviewModerate]) ([]Outcome[ReviewID], error) {
	return bulkEach(ctx, w.withoutKey(), b,
		lockProductsOf(ctx, productsOfReviews, b.Items, func(m ReviewModerate) ReviewID { return m.ID }),
		func(tx *Tx, m ReviewModerate) (ReviewID, error) {
			if err := m.check().Err(); err != nil {
				return m.ID, err
			}
			return m.ID, tx.moderateReview(ctx, m)
		})
}

func (tx *Tx) moderateReview(ctx context.Context, m ReviewModerate) error {
	old, product, err := tx.lockReview(ctx, m.ID)
	if err != nil {
		return err
	}
	if !tx.canModerate(product) {
		return noReview()
	}
	if err := checkVersion(old.Version, m.ExpectedVersion); err != nil {
		return err
	}
	var a assignments
	replace(&a, "status", old.Status, m.Status)
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "ModerateReview", "reviews", m.ID, &a); err != nil {
		return err
	}
	tx.changed(SubjectReview, m.ID, a.changes, reviewOf(old.ProductID, old.Status, m.Status))
	return nil
}
