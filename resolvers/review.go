package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/internal/fault"
	"souk/store"
)

// reviewOrder returns the order asked for, by default the newest first.
func reviewOrder(in *model.ReviewOrder) store.Order {
	if in == nil {
		return store.ReviewsByNewest
	}
	ascending := in.Direction != nil && *in.Direction == model.OrderDirectionAsc
	switch {
	case in.Field == model.ReviewOrderFieldRating && ascending:
		return store.ReviewsByRatingAsc
	case in.Field == model.ReviewOrderFieldRating:
		return store.ReviewsByRating
	case ascending:
		return store.ReviewsByOldest
	default:
		return store.ReviewsByNewest
	}
}

func createReview(ctx context.Context, r *Resolver, in model.ReviewCreateInput) (store.ReviewID, error) {
	product, err := inputKey[store.ProductID](in.ProductID, "productId")
	if err != nil {
		return store.ReviewID{}, err
	}
	return createOnce(ctx, r, in.IdempotencyKey, func(w *store.Writer) (store.ReviewID, error) {
		return w.CreateReview(ctx, store.ReviewInput{
			ProductID: product, Rating: in.Rating, Title: orEmpty(in.Title), Body: orEmpty(in.Body),
		})
	})
}

// reviewPatch reads what an input changes. A headline or a text that is null is
// taken away.
func reviewPatch(in model.ReviewUpdateInput) (id store.ReviewID, p store.ReviewPatch, err error) {
	if id, err = inputKey[store.ReviewID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.ReviewPatch{
		ExpectedVersion: in.ExpectedVersion,
		Rating:          required(&problems, "rating", in.Rating),
		Title:           store.Patch[string]{Set: in.Title.IsSet(), Value: orEmpty(in.Title.Value())},
		Body:            store.Patch[string]{Set: in.Body.IsSet(), Value: orEmpty(in.Body.Value())},
	}
	return id, p, problems.Err()
}
