package resolvers

import (
	"souk/graph/model"
	"souk/store"
)

// reviewOrder returns the requested order. The default is the newest first.
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
