package store

import "context"

func (r *Reader) reviewsOfCustomer() list {
	return list{
		name: "ListReviewsByCustomer", columns: reviewColumns,
		from:  "reviews r JOIN products p ON p.id = r.product_id AND (p.status = 'ACTIVE' OR @drafts)",
		where: "r.customer_id = parent.id",
		args:  args{"drafts": r.view.Drafts},
	}
}

// ListReviewsByCustomer returns the page of each customer's reviews in any state,
// of products that the view shows, in the order of ids.
func (r *Reader) ListReviewsByCustomer(ctx context.Context, ids []CustomerID, p PageRequest) ([]Page[Review], error) {
	return pages[Review](ctx, r, r.reviewsOfCustomer(), ids, p)
}

// CountReviewsByCustomer returns the number of each customer's reviews, in the
// order of ids.
func (r *Reader) CountReviewsByCustomer(ctx context.Context, ids []CustomerID) ([]Count, error) {
	return counts(ctx, r, r.reviewsOfCustomer(), ids)
}
