package store

import (
	"context"
	"slices"

	"souk/internal/auth"
	"souk/internal/fault"
)

// NewReview is a review to create.
type NewReview struct {
	ProductID      ProductID
	Rating         int
	Title          *string
	Body           *string
	IdempotencyKey *string
}

// ReviewPatch has the fields of a review that its author changes. Null clears the
// title and the body.
type ReviewPatch struct {
	ID              ReviewID
	ExpectedVersion *int64

	Rating Patch[*int]
	Title  Patch[*string]
	Body   Patch[*string]
}

func (n *NewReview) check() (problems fault.Problems) {
	checkExists(&problems, "productId", n.ProductID, noProductToReview)
	n.Rating = stars(&problems, "rating", n.Rating)
	textOrEmpty(&problems, "title", &n.Title, line(maxLine))
	textOrEmpty(&problems, "body", &n.Body, paragraphs)
	return problems
}

func (p *ReviewPatch) check() (problems fault.Problems) {
	checkExists(&problems, "id", p.ID, noReviewToChange)
	required(&problems, "rating", &p.Rating, stars)
	clearable(&problems, "title", &p.Title, line(maxLine))
	clearable(&problems, "body", &p.Body, paragraphs)
	return problems
}

// CreateReview creates the calling customer's review of an active product.
func (w *Writer) CreateReview(ctx context.Context, n NewReview) (ReviewID, error) {
	if w.origin.By.Kind != auth.Customer {
		return ReviewID{}, fault.Forbidden("only customers can write reviews; sign in as a customer")
	}
	if err := n.check().Err(); err != nil {
		return ReviewID{}, err
	}
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (ReviewID, error) { return tx.createReview(ctx, n, w.store.newReviewStatus()) })
}

// UpdateReview changes the fields that the patch sets. The review must be the calling
// customer's own.
func (w *Writer) UpdateReview(ctx context.Context, p ReviewPatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateReview(ctx, p, w.store.reviewsPending) })
}

// DeleteReview deletes the calling customer's own review. Moderators can delete any
// review.
func (w *Writer) DeleteReview(ctx context.Context, ref Ref[ReviewID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteReview(ctx, ref) })
}

// newReviewStatus returns the status of a new review.
func (s *Store) newReviewStatus() ReviewStatus {
	if s.reviewsPending {
		return ReviewPending
	}
	return ReviewPublished
}

func (tx *Tx) createReview(ctx context.Context, in NewReview, status ReviewStatus) (ReviewID, error) {
	product, err := tx.lockProduct(ctx, in.ProductID, nil)
	if _, refused := fault.Rejected(err); refused || (err == nil && product.Status != ProductActive) {
		return ReviewID{}, fault.Reject(fault.ReasonNotFound, "productId", noProductToReview)
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
		"rating": in.Rating, "title": *in.Title, "body": *in.Body, "status": status,
	})
	switch {
	case uniqueViolation(err) == "reviews_one_a_customer":
		return ReviewID{}, fault.Reject(fault.ReasonTaken, "productId", "you have already reviewed this product; change your review with reviewUpdate")
	case foreignKeyViolation(err) == "reviews_customer_id_fkey": // an access token can outlive its account
		return ReviewID{}, fault.Reject(fault.ReasonNotFound, "", accountGone)
	case err != nil:
		return ReviewID{}, err
	}
	tx.changed(SubjectReview, id, []AuditChange{createdField("rating", in.Rating), createdField("title", *in.Title)}, reviewOf(in.ProductID, status))
	return id, nil
}

func (tx *Tx) updateReview(ctx context.Context, p ReviewPatch, moderated bool) error {
	old, product, err := tx.lockReview(ctx, p.ID)
	if err != nil {
		return err
	}
	if !tx.isAuthor(old) || product.Status != ProductActive {
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
	if moderated || old.Status == ReviewRejected {
		replace(&a, "status", old.Status, ReviewPending)
	}
	if err := tx.update(ctx, "UpdateReview", "reviews", p.ID, &a); err != nil {
		return err
	}
	tx.changed(SubjectReview, p.ID, a.changes, reviewOf(old.ProductID, old.Status))
	return nil
}

func (tx *Tx) deleteReview(ctx context.Context, ref Ref[ReviewID]) error {
	old, product, err := tx.lockReview(ctx, ref.ID)
	if err != nil {
		return err
	}
	if !tx.isAuthor(old) && !tx.canModerate(product) {
		return noReview()
	}
	if err := checkVersion(old.Version, ref.ExpectedVersion); err != nil {
		return err
	}
	if err := tx.delete(ctx, "DeleteReview", "reviews", ref.ID); err != nil {
		return err
	}
	tx.changed(SubjectReview, ref.ID, []AuditChange{removedField("rating", old.Rating), removedField("title", old.Title)}, reviewOf(old.ProductID, old.Status))
	return nil
}

// lockReview returns a review and its product, and locks both. The caller must check
// whether the principal may change the review.
func (tx *Tx) lockReview(ctx context.Context, id ReviewID) (*Review, *Product, error) {
	const find = `-- name: ProductOfReview
SELECT r.product_id
FROM reviews r
WHERE r.id = @id`
	reviewed, err := oneRow[struct{ ProductID ProductID }](ctx, tx, find, args{"id": id})
	switch {
	case err != nil:
		return nil, nil, err
	case reviewed == nil:
		return nil, nil, noReview()
	}
	product, err := tx.lockProduct(ctx, reviewed.ProductID, nil)
	if err != nil {
		return nil, nil, err
	}
	statement := `-- name: LockReview
SELECT ` + reviewColumns.sql() + `
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

// isAuthor reports whether the principal wrote the review.
func (tx *Tx) isAuthor(r *Review) bool {
	owner, known := r.OwnedBy()
	return known && tx.origin.By.Kind == auth.Customer && owner == CustomerID(tx.origin.By.ID)
}

// canModerate reports whether the principal may moderate reviews of a product. For a
// product that is not active, the principal must also be able to see it.
func (tx *Tx) canModerate(p *Product) bool {
	by := tx.origin.By
	return by.May(auth.ReviewsModerate) && (p.Status == ProductActive || by.May(auth.CatalogueRead))
}

// reviewOf says which product a review belongs to. The product changes only if the
// review is published before or after the change.
func reviewOf(product ProductID, statuses ...ReviewStatus) effect {
	return func(p *pending, event *auditEvent) {
		if slices.Contains(statuses, ReviewPublished) {
			partOf(product, derivedFromReviews)(p, event)
		} else {
			within(product)(p, event)
		}
	}
}

// noReview rejects a review of somebody else in the same way as one that does not
// exist.
func noReview() error { return fault.Reject(fault.ReasonNotFound, "id", noReviewToChange) }

const (
	noReviewToChange  = "there is no review with this ID that you can change"
	noProductToReview = "there is no product with this ID that can be reviewed"
)

// stars is the rule for a rating.
func stars(problems *fault.Problems, field string, rating int) int {
	if rating < 1 || rating > 5 {
		problems.Add(fault.ReasonInvalid, field, "give 1 to 5 stars")
	}
	return rating
}
