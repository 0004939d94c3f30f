package resolvers

import (
	"souk/graph/model"
	"souk/internal/fault"
	"souk/store"
)

func productKey(p *store.Product) store.ProductID { return p.ID }

// productPatch reads what an input changes.
func productPatch(in model.ProductUpdateInput) (id store.ProductID, p store.ProductPatch, err error) {
	if id, err = inputKey[store.ProductID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.ProductPatch{
		ExpectedVersion: in.ExpectedVersion,
		Title:           required(&problems, "title", in.Title),
	}
	return id, p, problems.Err()
}
