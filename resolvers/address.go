package resolvers

import (
	"github.com/99designs/gqlgen/graphql"

	"souk/graph/model"
	"souk/internal/fault"
	"souk/store"
)

// newAddress reads an address that is to be added.
func newAddress(in model.AddressCreateInput) store.AddressPatch {
	return store.AddressPatch{
		Name:        given(&in.Name),
		Company:     given(in.Company),
		Line1:       given(&in.Line1),
		Line2:       given(in.Line2),
		City:        given(&in.City),
		Region:      given(in.Region),
		PostalCode:  given(in.PostalCode),
		CountryCode: given(&in.CountryCode),
		Phone:       given(in.Phone),
		IsDefault:   store.Patch[bool]{Set: true, Value: in.IsDefault != nil && *in.IsDefault},
	}
}

// addressPatch reads what an input changes.
func addressPatch(in model.AddressUpdateInput) (id store.AddressID, p store.AddressPatch, err error) {
	if id, err = inputKey[store.AddressID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.AddressPatch{
		ExpectedVersion: in.ExpectedVersion,
		Name:            required(&problems, "name", in.Name),
		Company:         emptied(in.Company),
		Line1:           required(&problems, "line1", in.Line1),
		Line2:           emptied(in.Line2),
		City:            required(&problems, "city", in.City),
		Region:          emptied(in.Region),
		PostalCode:      emptied(in.PostalCode),
		CountryCode:     required(&problems, "countryCode", in.CountryCode),
		Phone:           emptied(in.Phone),
		IsDefault:       required(&problems, "isDefault", in.IsDefault),
	}
	return id, p, problems.Err()
}

// given is the value of a new object's field; nothing is "".
func given(value *string) store.Patch[string] {
	if value == nil {
		return store.Patch[string]{Set: true}
	}
	return store.Patch[string]{Set: true, Value: *value}
}

// emptied is patch for a text that null empties.
func emptied(o graphql.Omittable[*string]) store.Patch[string] {
	if !o.IsSet() {
		return store.Patch[string]{}
	}
	return given(o.Value())
}
