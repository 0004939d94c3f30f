package resolvers

import (
	"context"
	"slices"
	"strings"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/fault"
	"souk/internal/money"
	"souk/loaders"
	"souk/store"
)

func variantKey(v *store.Variant) store.VariantID { return v.ID }

// maxNamedVariants is the maximum number of IDs in the error about a shared SKU.
const maxNamedVariants = 10

// variantBySKU returns the only variant with the SKU, or nil. If several variants have
// the SKU, it returns a fault with their IDs: any choice among them could sell the
// wrong product.
func variantBySKU(ctx context.Context, sku string) (*store.Variant, error) {
	variants, err := loaders.VariantsBySKU(maxNamedVariants).Load(ctx, sku)
	if err != nil || len(variants) == 0 {
		return nil, err
	}
	if len(variants) > 1 {
		ids := make([]string, len(variants))
		for i, v := range variants {
			ids[i] = relay.ID(v.ID)
		}
		return nil, fault.Invalid("several variants have this SKU; request one of them by its `id`: %s", strings.Join(ids, ", "))
	}
	return variants[0], nil
}

// selectedOptions combines the values of a variant with the names of its product's
// options.
func selectedOptions(options []*store.ProductOption, values []string) []*store.SelectedOption {
	selected := make([]*store.SelectedOption, 0, len(values))
	for i, value := range values {
		if i < len(options) {
			selected = append(selected, &store.SelectedOption{Name: options[i].Name, Value: value})
		}
	}
	return selected
}

// variantsUpserted returns the payload of a list of created and changed variants. It
// loads the variants in one statement. The payload has the product if at least one
// variant was saved.
func variantsUpserted(ctx context.Context, id store.ProductID, outcomes []store.Outcome[store.VariantID], err error) (*model.ProductVariantsUpsertPayload, error) {
	bulk, err := loadBulk(ctx, loaders.Variant, outcomes, err)
	if err != nil {
		return nil, err
	}
	all := &model.ProductVariantsUpsertPayload{BulkPayload: *bulk}
	if slices.ContainsFunc(outcomes, func(o store.Outcome[store.VariantID]) bool { return o.Value != nil }) {
		if all.Product, err = loaders.Product.Load(ctx, id); err != nil {
			return nil, savedButNotShown(err)
		}
	}
	return all, nil
}

// variantCosts returns the cost of each variant; nil if no cost is set.
func variantCosts(ctx context.Context, variants []*store.Variant) ([]*money.Amount, error) {
	ids := make([]store.VariantID, len(variants))
	for i, v := range variants {
		ids[i] = v.ID
	}
	found, err := loaders.Cost.LoadMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	costs := make([]*money.Amount, len(variants))
	for i, cost := range found {
		if cost != nil {
			costs[i] = cost.Amount()
		}
	}
	return costs, nil
}
