package resolvers

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/internal/money"
	"souk/loaders"
	"souk/store"
)

const (
	// maxFilterOptions bounds the conditions of one statement: each is a term of
	// its own, and 4,000 of them took five seconds to plan.
	maxFilterOptions = 10
	// maxFilterValues is more than a form shows.
	maxFilterValues = 100
)

// productFilter reads the filter of a list.
func productFilter(ctx context.Context, in *model.ProductFilter) (store.ProductFilter, error) {
	if in != nil && in.Status != nil && *in.Status != store.ProductActive && !auth.For(ctx).May(auth.CatalogueRead) {
		return store.ProductFilter{}, fault.Forbidden("`filter.status: %s` is for the shop's staff; leave it out to list what is on sale", *in.Status)
	}
	var problems fault.Problems
	f, err := readFilter(ctx, &problems, in)
	if err != nil {
		return f, err
	}
	if in != nil && in.Status != nil {
		f.Status = *in.Status
	}
	return f, firstProblem(problems.Err())
}

// firstProblem says of the first problem of an argument what a list answers:
// "`filter.vendors[0]` is not the ID of a vendor".
func firstProblem(err error) error {
	problems, refused := fault.Rejected(err)
	if !refused {
		return err
	}
	var path strings.Builder
	for i, step := range problems[0].Field {
		switch _, err := strconv.Atoi(step); {
		case err == nil:
			path.WriteString("[" + step + "]")
		case i > 0:
			path.WriteString("." + step)
		default:
			path.WriteString(step)
		}
	}
	return fault.Invalid("`%s` %s", path.String(), strings.TrimPrefix(problems[0].Message, "it "))
}

// savedFilter reads the filter that a smart collection saves.
func savedFilter(ctx context.Context, in *model.ProductFilter) (*store.ProductFilter, fault.Problems, error) {
	var problems fault.Problems
	if in == nil {
		return nil, problems, nil
	}
	if in.Status != nil {
		problems.Add(fault.ReasonInvalid, "filter.status", "it is %s; a smart collection lists what is on sale, so leave the status out", *in.Status)
	}
	f, err := readFilter(ctx, &problems, in)
	return &f, problems, err
}

// readFilter checks a filter and reads its IDs and amounts, but not its status. An
// empty list does not restrict: it is what a form without a choice sends. An error is
// a failure to read the shop's currency.
func readFilter(ctx context.Context, problems *fault.Problems, in *model.ProductFilter) (f store.ProductFilter, err error) {
	if in == nil {
		return f, nil
	}
	if in.Category != nil {
		if id, ok := relay.ReadKey[store.CategoryID](problems, "filter.category", *in.Category); ok {
			f.Category = &id
		}
	}
	if atMost(problems, "filter.vendors", len(in.Vendors), maxFilterValues) {
		for i, vendor := range in.Vendors {
			if id, ok := relay.ReadKey[store.VendorID](problems, fmt.Sprintf("filter.vendors.%d", i), vendor); ok {
				f.Vendors = append(f.Vendors, id)
			}
		}
	}
	if f.MinRating = in.MinRating; f.MinRating != nil && (*f.MinRating < 0 || *f.MinRating > 5) {
		problems.Add(fault.ReasonInvalid, "filter.minRating", "it is %g; ratings run from 1 to 5", *f.MinRating)
	}
	if len(in.Availability) > 0 {
		f.Availability = in.Availability
	}
	if atMost(problems, "filter.options", len(in.Options), maxFilterOptions) {
		for i, o := range in.Options {
			values := fmt.Sprintf("filter.options.%d.values", i)
			atMost(problems, values, len(o.Values), maxFilterValues)
			if len(o.Values) == 0 {
				problems.Add(fault.ReasonRequired, values, "it is empty; name a value or leave the option out")
			}
			f.Options = append(f.Options, store.OptionFilter{Name: o.Name, Values: o.Values})
		}
	}
	f.Price, err = readPrice(ctx, problems, in.Price)
	return f, err
}

func atMost(problems *fault.Problems, field string, n, limit int) bool {
	if n > limit {
		problems.Add(fault.ReasonTooMany, field, "it has %d entries; give at most %d", n, limit)
	}
	return n <= limit
}

func readPrice(ctx context.Context, problems *fault.Problems, in *model.PriceFilter) (*store.PriceFilter, error) {
	if in == nil {
		return nil, nil
	}
	currency := in.CurrencyCode
	if currency == nil {
		shop, err := loaders.OnlyShop.Leading().Load(ctx, loaders.Root{})
		if err != nil {
			return nil, err
		}
		if currency = shop.Currency; currency == nil {
			problems.Add(fault.ReasonRequired, "filter.price.currencyCode", store.CurrencyMissing)
			return nil, nil
		}
	}
	return readRange(problems, in, *currency), nil
}

// readRange reads the ends of a price range in a currency.
func readRange(problems *fault.Problems, in *model.PriceFilter, currency string) *store.PriceFilter {
	f := &store.PriceFilter{Currency: currency}
	if _, err := money.Scale(currency); err != nil {
		problems.Add(fault.ReasonInvalid, "filter.price.currencyCode", "it is not an ISO 4217 code such as EUR")
		return f
	}
	for _, end := range []struct {
		name string
		text *string
		into **int64
	}{{"min", in.Min, &f.MinMinor}, {"max", in.Max, &f.MaxMinor}} {
		if end.text == nil {
			continue
		}
		amount, err := money.Parse(*end.text, currency)
		if err != nil {
			problems.Add(fault.ReasonInvalid, "filter.price."+end.name, "it is not an amount in %s; write it as in \"19.90\"", currency)
			continue
		}
		*end.into = &amount.Minor
	}
	if f.MinMinor != nil && f.MaxMinor != nil && *f.MinMinor > *f.MaxMinor {
		problems.Add(fault.ReasonInvalid, "filter.price.min", "it is above `max`; swap them")
	}
	return f
}

// filterInput returns a saved filter as the input ProductFilter.
func filterInput(f *store.ProductFilter) map[string]any {
	in := map[string]any{}
	if f.Category != nil {
		in["category"] = relay.ID(*f.Category)
	}
	if len(f.Vendors) > 0 {
		ids := make([]string, len(f.Vendors))
		for i, id := range f.Vendors {
			ids[i] = relay.ID(id)
		}
		in["vendors"] = ids
	}
	if f.Price != nil {
		price := map[string]any{"currencyCode": f.Price.Currency}
		for name, minor := range map[string]*int64{"min": f.Price.MinMinor, "max": f.Price.MaxMinor} {
			if minor != nil {
				price[name] = (&money.Amount{Minor: *minor, Currency: f.Price.Currency}).Decimal()
			}
		}
		in["price"] = price
	}
	if f.MinRating != nil {
		in["minRating"] = *f.MinRating
	}
	if len(f.Availability) > 0 {
		in["availability"] = f.Availability
	}
	options := make([]any, len(f.Options))
	for i, o := range f.Options {
		options[i] = map[string]any{"name": o.Name, "values": o.Values}
	}
	if len(options) > 0 {
		in["options"] = options
	}
	return in
}
