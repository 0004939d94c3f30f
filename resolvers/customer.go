package resolvers

import (
	"strings"
	"unicode/utf8"

	"souk/graph/model"
	"souk/internal/fault"
	"souk/store"
)

func customerKey(c *store.Customer) store.CustomerID { return c.ID }

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
