package store

import (
	"context"

	"souk/internal/auth"
	"souk/internal/fault"
)

// ReviewInput is a new review.
type ReviewInput struct {
	ProductID ProductID
	Rating    int
	Title     string
	Body      string
}

// ReviewPatch are the fields of a review that its author changes.
type ReviewPatch struct {
	// ExpectedVersion, when set, refuses the update of a review that has changed
	// since.
	ExpectedVersion *int64

	Rating Patch[int]
	Title  Patch[string]
	Body   Patch[string]
}

// CreateReview makes the writing customer's review of a product that is on sale.
func (w *Writer) CreateReview(ctx context.Context, in ReviewInput) (ReviewID, error) {
	return once(ctx, w, func(tx *Tx) (ReviewID, error) { return tx.createReview(ctx, in, w.store.newReviewStatus()) })
}

// UpdateReview changes the fields that the patch sets of the writing customer's own
// review.
func (w *Writer) UpdateReview(ctx context.Context, id ReviewID, p ReviewPatch) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateReview(ctx, id, p, w.store.reviewsPending) })
}

// DeleteReview removes the writing customer's own review; moderators remove
// anybody's.
func (w *Writer) DeleteReview(ctx context.Context, id ReviewID, expected *int64) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteReview(ctx, id, expected) })
}

// newReviewStatus is the state in which a review starts.
func (s *Store) newReviewStatus() ReviewStatus {
	if s.reviewsPending {
		return ReviewPending
	}
	return ReviewPublished
}

func (tx *Tx) createReview(ctx context.Context, in ReviewInput, status ReviewStatus) (ReviewID, error) {
	if tx.origin.By.Kind != auth.Customer {
		return ReviewID{}, fault.Forbidden("only customers write reviews; sign in as one")
	}
	var problems fault.Problems
	checkRating(&problems, in.Rating)
	in.Title = oneLine(&problems, "title", in.Title, maxLine)
	in.Body = paragraphs(&problems, "body", in.Body)
	if err := problems.Err(); err != nil {
		return ReviewID{}, err
	}
	product, err := tx.lockProduct(ctx, in.ProductID, nil)
	if _, refused := fault.Rejected(err); refused || (err == nil && product.Status != ProductActive) {
		return ReviewID{}, fault.Reject(fault.ReasonNotFound, "productId", "there is no product on sale with this ID")
	}
	if err != nil {
		return ReviewID{}, err
	}
	id, err := newID[ReviewID]()
	if err != nil {
		return ReviewID{}, err
	}
	const statement = `-- name: InsertReview
INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status)
VALUES (@id, @product_id, @customer_id, @rating, @title, @body, @status)`
	_, err = tx.exec(ctx, statement, args{
		"id": id, "product_id": in.ProductID, "customer_id": tx.origin.By.ID,
		"rating": in.Rating, "title": in.Title, "body": in.Body, "status": status,
	})
	switch {
	case constraintOf(err) == "reviews_one_a_customer":
		return ReviewID{}, fault.Reject(fault.ReasonTaken, "productId", "you have reviewed this product; change what you said with reviewUpdate")
	case brokenKeyOf(err) == "reviews_customer_id_fkey": // an access token outlives its account
		return ReviewID{}, fault.Reject(fault.ReasonNotFound, "", "this account does not exist any more")
	case err != nil:
		return ReviewID{}, err
	}
	tx.touchReviewed(in.ProductID, status)
	return id, nil
}

func (tx *Tx) updateReview(ctx context.Context, id ReviewID, p ReviewPatch, pending bool) error {
	var problems fault.Problems
	if p.Rating.Set {
		checkRating(&problems, p.Rating.Value)
	}
	p.Title.Value = oneLine(&problems, "title", p.Title.Value, maxLine)
	p.Body.Value = paragraphs(&problems, "body", p.Body.Value)
	if err := problems.Err(); err != nil {
		return err
	}
	old, product, err := tx.lockReview(ctx, id)
	if err != nil {
		return err
	}
	if !tx.wrote(old) || product.Status != ProductActive {
		return noReview()
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return err
	}
	var a assignments
	assign(&a, "rating", p.Rating, old.Rating)
	assign(&a, "title", p.Title, old.Title)
	assign(&a, "body", p.Body, old.Body)
	if !a.any() {
		return nil
	}
	status := Patch[ReviewStatus]{pending || old.Status == ReviewRejected, ReviewPending}
	assign(&a, "status", status, old.Status)
	a.args["id"] = id
	if _, err := tx.exec(ctx, a.statement("UpdateReview", "reviews"), a.args); err != nil {
		return err
	}
	tx.touchReviewed(old.ProductID, old.Status)
	return nil
}

func (tx *Tx) deleteReview(ctx context.Context, id ReviewID, expected *int64) error {
	old, product, err := tx.lockReview(ctx, id)
	if err != nil {
		return err
	}
	if !tx.wrote(old) && !tx.moderates(product) {
		return noReview()
	}
	if err := checkVersion(old.Version, expected); err != nil {
		return err
	}
	const statement = `-- name: DeleteReview
DELETE FROM reviews
WHERE id = @id`
	if _, err := tx.exec(ctx, statement, args{"id": id}); err != nil {
		return err
	}
	tx.touchReviewed(old.ProductID, old.Status)
	tx.audit(SubjectReview, id, AuditChange{Field: "rating", Before: text(old.Rating)},
		AuditChange{Field: "title", Before: &old.Title})
	return nil
}

// lockReview returns a review and its product and keeps others from changing
// either. Who may do something to it is for the caller to say.
func (tx *Tx) lockReview(ctx context.Context, id ReviewID) (*Review, *Product, error) {
	const find = `-- name: ProductOfReview
SELECT r.product_id
FROM reviews r
WHERE r.id = @id`
	place, err := oneRow[struct{ ProductID ProductID }](ctx, tx, find, args{"id": id})
	switch {
	case err != nil:
		return nil, nil, err
	case place == nil:
		return nil, nil, noReview()
	}
	product, err := tx.lockProduct(ctx, place.ProductID, nil)
	if err != nil {
		return nil, nil, err
	}
	const statement = `-- name: LockReview
SELECT ` + reviewColumns + `
FROM reviews r
WHERE r.id = @id
FOR NO KEY UPDATE`
	found, err := oneRow[Review](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, nil, err
	case found == nil:
		return nil, nil, noReview()
	}
	return found, product, nil
}

// wrote reports whether the review is the caller's own.
func (tx *Tx) wrote(r *Review) bool {
	owner, known := r.OwnedBy()
	return known && tx.origin.By.Kind == auth.Customer && owner == CustomerID(tx.origin.By.ID)
}

// moderates reports whether the caller may decide on reviews of a product: one that
// is not on sale is only for those who see it.
func (tx *Tx) moderates(p *Product) bool {
	by := tx.origin.By
	return by.May(auth.ReviewsModerate) && (p.Status == ProductActive || by.May(auth.CatalogueRead))
}

// touchReviewed notes a product of which a review changed that others see, before
// or after.
func (tx *Tx) touchReviewed(product ProductID, states ...ReviewStatus) {
	for _, state := range states {
		if state == ReviewPublished {
			tx.touch(derivedFromReviews, product)
		}
	}
}

// noReview is the answer for a review of somebody else as for one that does not
// exist.
func noReview() error {
	return fault.Reject(fault.ReasonNotFound, "id", "there is no review with this ID that you may change")
}

func checkRating(problems *fault.Problems, rating int) {
	if rating < 1 || rating > 5 {
		problems.Add(fault.ReasonInvalid, "rating", "give 1 to 5 stars")
	}
}
