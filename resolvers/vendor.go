package resolvers

import (
	"souk/graph/model"
	"souk/internal/fault"
	"souk/store"
)

// vendorPatch reads what an input changes.
func vendorPatch(in model.VendorUpdateInput) (id store.VendorID, p store.VendorPatch, err error) {
	if id, err = inputKey[store.VendorID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.VendorPatch{
		ExpectedVersion: in.ExpectedVersion,
		Name:            required(&problems, "name", in.Name),
		Slug:            required(&problems, "slug", in.Slug),
	}
	return id, p, problems.Err()
}
