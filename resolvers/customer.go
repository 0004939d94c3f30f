package resolvers

import (
	"context"
	"strings"
	"unicode/utf8"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

func customerKey(c *store.Customer) store.CustomerID { return c.ID }

// callingCustomer returns the key of the calling customer. If the caller is not a
// customer, it returns the zero key, which no customer has.
func callingCustomer(ctx context.Context) store.CustomerID {
	if p := auth.For(ctx); p.Kind == auth.Customer {
		return store.CustomerID(p.ID)
	}
	return store.CustomerID{}
}

// maxCustomerSearch is longer than any e-mail address.
const maxCustomerSearch = 255

func customerSearch(in *model.CustomerFilter) (store.CustomerSearch, error) {
	if in == nil || in.Search == nil {
		return "", nil
	}
	text := strings.TrimSpace(*in.Search)
	if utf8.RuneCountInString(text) > maxCustomerSearch {
		return "", fault.Invalid("`filter.search` has more than %d characters; shorten it", maxCustomerSearch)
	}
	return store.CustomerSearch(text), nil
}

// findNode resolves a root field that finds one object by its global ID. It returns
// nil, and no error, if the ID is damaged or belongs to another type.
func findNode[K relay.Key, V any](ctx context.Context, id string, load loaders.Loader[K, *V]) (*V, error) {
	key, ok := relay.ParseKey[K](id)
	if !ok {
		return nil, nil
	}
	found, err := loaders.All(ctx, load, []K{key})
	if err != nil {
		return nil, err
	}
	return loaders.Deliver(ctx, found[0]), nil
}
