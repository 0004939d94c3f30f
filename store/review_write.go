package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

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

// ReviewPatch are the fields of a review that its author changes. Null empties the
// title and the body.
type ReviewPatch struct {
	ID              ReviewID
	ExpectedVersion *int64

	Rating Patch[*int]
	Title  Patch[*string]
	Body   Patch[*string]
}

func (n *NewReview) check() error {
	var problems fault.Problems
	if n.ProductID == (ProductID{}) {
		problems.Add(fault.ReasonNotFound, "productId", notOnSale)
	}
	n.Rating = stars(&problems, "rating", n.Rating)
	title := given(&problems, "title", n.Title, line(maxLine))
	body := given(&problems, "body", n.Body, paragraphs)
	n.Title, n.Body = &title, &body
	return problems.Err()
}

func (p *ReviewPatch) check() error {
	var problems fault.Problems
	checkReviewID(&problems, p.ID)
	required(&problems, "rating", &p.Rating, stars)
	cleared(&problems, "title", &p.Title, line(maxLine))
	cleared(&problems, "body", &p.Body, paragraphs)
	return problems.Err()
}

// CreateReview creates the calling customer's review of a product that is on sale.
func (w *Writer) CreateReview(ctx context.Context, n NewReview) (ReviewID, error) {
	if w.origin.By.Kind != auth.Customer {
		return ReviewID{}, fault.Forbidden("only customers write reviews; sign in as one")
	}
	if err := n.check(); err != nil {
		return ReviewID{}, err
	}
	return repeatable(ctx, w, n.IdempotencyKey, func(tx *Tx) (ReviewID, error) { return tx.createReview(ctx, n, w.store.newReviewStatus()) })
}

// UpdateReview changes the fields that the patch sets of the calling customer's own
// review.
func (w *Writer) UpdateReview(ctx context.Context, p ReviewPatch) error {
	if err := p.check(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateReview(ctx, p, w.store.reviewsPending) })
}

// DeleteReview deletes the calling customer's own review; moderators delete any
// review.
func (w *Writer) DeleteReview(ctx context.Context, ref Ref[ReviewID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteReview(ctx, ref) })
}

// newReviewStatus is the state in which a review starts.
func (s *Store) newReviewStatus() ReviewStatus {
	if s.reviewsPending {
		return ReviewPending
	}
	return ReviewPublished
}

func (tx *Tx) createReview(ctx context.Context, in NewReview, status ReviewStatus) (ReviewID, error) {
	product, err := tx.lockProduct(ctx, in.ProductID, nil)
	if _, refused := fault.Rejected(err); refused || (err == nil && product.Status != ProductActive) {
		return ReviewID{}, fault.Reject(fault.ReasonNotFound, "productId", notOnSale)
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
	case constraintOf(err) == "reviews_one_a_customer":
		return ReviewID{}, fault.Reject(fault.ReasonTaken, "productId", "you have reviewed this product; change what you said with reviewUpdate")
	case brokenKeyOf(err) == "reviews_customer_id_fkey": // an access token outlives its account
		return ReviewID{}, fault.Reject(fault.ReasonNotFound, "", accountGone)
	case err != nil:
		return ReviewID{}, err
	}
	tx.changed(SubjectReview, id, []AuditChange{is("rating", in.Rating), is("title", *in.Title)}, reviewOf(in.ProductID, status))
	return id, nil
}

func (tx *Tx) updateReview(ctx context.Context, p ReviewPatch, pending bool) error {
	old, product, err := tx.lockReview(ctx, p.ID)
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
	if pending || old.Status == ReviewRejected {
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
	if !tx.wrote(old) && !tx.moderates(product) {
		return noReview()
	}
	if err := checkVersion(old.Version, ref.ExpectedVersion); err != nil {
		return err
	}
	if err := tx.delete(ctx, "DeleteReview", "reviews", ref.ID); err != nil {
		return err
	}
	tx.changed(SubjectReview, ref.ID, []AuditChange{was("rating", old.Rating), was("title", old.Title)}, reviewOf(old.ProductID, old.Status))
	return nil
}

// lockReview returns a review and its product and keeps others from changing
// either. Who may do something to it is for the caller to say.
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

// reviewOf says which product a review is of. The product changes only if others see
// the review, before or after.
func reviewOf(product ProductID, states ...ReviewStatus) effect {
	return func(p *pending, event *auditEvent) {
		if event.under = (*uuid.UUID)(&product); slices.Contains(states, ReviewPublished) {
			p.stale(product, staleness{raise: true, derived: derivedFromReviews})
		}
	}
}

// noReview is the answer for a review of somebody else as for one that does not
// exist.
func noReview() error { return fault.Reject(fault.ReasonNotFound, "id", noReviewToChange) }

const (
	noReviewToChange = "there is no review with this ID that you can change"
	notOnSale        = "there is no product on sale with this ID"
)

func checkReviewID(problems *fault.Problems, id ReviewID) {
	if id == (ReviewID{}) {
		problems.Add(fault.ReasonNotFound, "id", noReviewToChange)
	}
}

// stars is the rule for a rating.
func stars(problems *fault.Problems, field string, rating int) int {
	if rating < 1 || rating > 5 {
		problems.Add(fault.ReasonInvalid, field, "give 1 to 5 stars")
	}
	return rating
}
