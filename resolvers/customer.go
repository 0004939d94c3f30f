package resolvers

import (
	"context"
	"strings"
	"unicode/utf8"

	"souk/graph/model"
	"souk/internal/auth"
	"souk/internal/fault"
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
