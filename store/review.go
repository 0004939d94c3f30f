package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Review is a customer's review of a product.
type Review struct {
	ID         ReviewID
	ProductID  ProductID
	CustomerID *CustomerID // nil: not known
	Rating     int
	Title      string
	Body       string
	Status     ReviewStatus
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Version    int64
}

// OwnedBy returns the customer who wrote the review. ok is false if that is not
// known.
func (r *Review) OwnedBy() (owner CustomerID, ok bool) {
	if r.CustomerID == nil {
		return CustomerID{}, false
	}
	return *r.CustomerID, true
}

// ReviewStatus says who can see a review. The values are stored.
type ReviewStatus string

// The statuses of a review.
const (
	ReviewPublished ReviewStatus = "PUBLISHED"
	ReviewPending   ReviewStatus = "PENDING"  // waits for a moderator
	ReviewRejected  ReviewStatus = "REJECTED" // a moderator rejected it
)

// Author is the public part of a customer.
type Author struct {
	ID          CustomerID
	DisplayName string
}

var reviewColumns = columnsOf("Review",
	col("r.id", asUUID, func(r *Review) *ReviewID { return &r.ID }),
	col("r.product_id", asUUID, func(r *Review) *ProductID { return &r.ProductID }),
	maybe("r.customer_id", asUUID, func(r *Review) **CustomerID { return &r.CustomerID }),
	col("r.rating", asInt, func(r *Review) *int { return &r.Rating }),
	col("r.title", asText, func(r *Review) *string { return &r.Title }),
	onlyFor("body", col("r.body", asText, func(r *Review) *string { return &r.Body })),
	col("r.status", asText, func(r *Review) *ReviewStatus { return &r.Status }),
	col("r.created_at", asTime, func(r *Review) *time.Time { return &r.CreatedAt }),
	col("r.updated_at", asTime, func(r *Review) *time.Time { return &r.UpdatedAt }),
	col("r.version", asInt, func(r *Review) *int64 { return &r.Version }),
)

// The orders of reviews.
var (
	ReviewsByNewest    = Order{"NEWEST:DESC", []sortKey{{"r.created_at", "timestamptz"}, {"r.id", "uuid"}}, true}
	ReviewsByOldest    = Order{"NEWEST:ASC", []sortKey{{"r.created_at", "timestamptz"}, {"r.id", "uuid"}}, false}
	ReviewsByRating    = Order{"RATING:DESC", []sortKey{{"r.rating", "smallint"}, {"r.id", "uuid"}}, true}
	ReviewsByRatingAsc = Order{"RATING:ASC", []sortKey{{"r.rating", "smallint"}, {"r.id", "uuid"}}, false}
)

var reviewsOfProduct = list{
	name: "ListReviews", from: "reviews r",
	where: "r.product_id = parent.id AND r.status = 'PUBLISHED'",
}

// ListReviews returns the page of each product's published reviews, in the order
// of ids.
func (r *Reader) ListReviews(ctx context.Context, ids []ProductID, p PageRequest) ([]Page[Review], error) {
	return pages(ctx, r, reviewColumns, reviewsOfProduct, ids, p)
}

// CountReviews returns the number of each product's published reviews, in the
// order of ids.
func (r *Reader) CountReviews(ctx context.Context, ids []ProductID) ([]Count, error) {
	return counts(ctx, r, reviewsOfProduct, ids)
}

// shownReviews returns the tables for reviews of products that the view shows.
func (r *Reader) shownReviews() string {
	if r.view.Drafts {
		return "reviews r"
	}
	return "reviews r JOIN products p ON p.id = r.product_id AND p.status = 'ACTIVE'"
}

// reviewsByStatus returns the list of a moderator's reviews, over all products.
func (r *Reader) reviewsByStatus(status ReviewStatus) list {
	return list{
		name: "ListReviewsByStatus", from: r.shownReviews(),
		where: "r.status = @status", args: pgx.StrictNamedArgs{"status": status},
	}
}

// ListReviewsByStatus returns a page of all reviews with a status.
func (r *Reader) ListReviewsByStatus(ctx context.Context, status ReviewStatus, p PageRequest) (Page[Review], error) {
	return only(pages(ctx, r, reviewColumns, r.reviewsByStatus(status), noParent, p))
}

// CountReviewsByStatus returns the number of reviews with a status.
func (r *Reader) CountReviewsByStatus(ctx context.Context, status ReviewStatus) (Count, error) {
	return only(counts(ctx, r, r.reviewsByStatus(status), noParent))
}

// reviewsByCustomer returns the list of a customer's reviews that the view shows:
// published ones, and the caller's own with any status.
func (r *Reader) reviewsByCustomer() list {
	return list{
		name: "ListReviewsByCustomer", from: r.shownReviews(),
		where: "r.customer_id = parent.id AND (r.status = 'PUBLISHED' OR @any_state OR r.customer_id = @customer)",
		args:  pgx.StrictNamedArgs{"any_state": r.view.Reviews, "customer": r.view.Customer},
	}
}

// ListReviewsByCustomer returns the page of each customer's reviews, in the order of
// ids. There are indexes for ReviewsByNewest and ReviewsByOldest.
func (r *Reader) ListReviewsByCustomer(ctx context.Context, ids []CustomerID, p PageRequest) ([]Page[Review], error) {
	return pages(ctx, r, reviewColumns, r.reviewsByCustomer(), ids, p)
}

// CountReviewsByCustomer returns the number of each customer's reviews, in the
// order of ids.
func (r *Reader) CountReviewsByCustomer(ctx context.Context, ids []CustomerID) ([]Count, error) {
	return counts(ctx, r, r.reviewsByCustomer(), ids)
}

// ReviewsByIDs returns the reviews that exist among ids and that the view shows
// (published ones of active products, and the caller's own), in any order.
func (r *Reader) ReviewsByIDs(ctx context.Context, ids []ReviewID) ([]*Review, error) {
	what := reviewColumns.choose(r.selects)
	statement := `-- name: ReviewsByIDs
SELECT ` + what.sql + `
FROM reviews r
JOIN products p ON p.id = r.product_id AND (p.status = 'ACTIVE' OR @drafts)
WHERE r.id = ANY (@ids) AND (r.status = 'PUBLISHED' OR @any_state OR r.customer_id = @customer)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{
		"ids": keysOf(ids), "drafts": r.view.Drafts, "any_state": r.view.Reviews, "customer": r.view.Customer,
	})
}

var authorColumns = columnsOf("",
	col("c.id", asUUID, func(a *Author) *CustomerID { return &a.ID }),
	col("c.display_name", asText, func(a *Author) *string { return &a.DisplayName }),
).all()

// AuthorsByIDs returns the public part of the customers that exist among ids, in
// any order.
func (r *Reader) AuthorsByIDs(ctx context.Context, ids []CustomerID) ([]*Author, error) {
	statement := `-- name: AuthorsByIDs
SELECT ` + authorColumns.sql + `
FROM customers c
WHERE c.id = ANY (@ids)`
	return many(ctx, r, authorColumns, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}
