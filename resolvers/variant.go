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

// maxNamedVariants bounds the IDs that an error about a shared SKU lists.
const maxNamedVariants = 10

// variantBySKU returns the only variant with the SKU, or nil; several are a fault
// that names them, since picking one of them would sell the wrong thing.
func variantBySKU(ctx context.Context, sku string) (*store.Variant, error) {
	variants, err := loaders.For(ctx).Reader.VariantsBySKU(ctx, sku, maxNamedVariants)
	if err != nil || len(variants) == 0 {
		return nil, err
	}
	if len(variants) > 1 {
		ids := make([]string, len(variants))
		for i, v := range variants {
			ids[i] = relay.ID(v.ID)
		}
		return nil, fault.Invalid("several variants have this SKU; ask for one of them by its `id`: %s", strings.Join(ids, ", "))
	}
	return variants[0], nil
}

// selectedOptions joins a variant's values to the names of its product's options.
func selectedOptions(options []*store.ProductOption, values []string) []*store.SelectedOption {
	selected := make([]*store.SelectedOption, 0, len(values))
	for i, value := range values {
		if i < len(options) {
			selected = append(selected, &store.SelectedOption{Name: options[i].Name, Value: value})
		}
	}
	return selected
}

// variantsUpserted finishes a change of many variants: what became of each, with
// the variants loaded by one statement. The product is shown when any of them was
// changed.
func variantsUpserted(ctx context.Context, id store.ProductID, outcomes []store.Outcome[store.VariantID], err error) (*model.ProductVariantsUpsertPayload, error) {
	each, err := bulkPayload(ctx, loaders.For(ctx).Variant, outcomes, err)
	if err != nil {
		return nil, err
	}
	all := &model.ProductVariantsUpsertPayload{BulkPayload: *each}
	if slices.ContainsFunc(outcomes, func(o store.Outcome[store.VariantID]) bool { return o.Value != nil }) {
		products, err := loaders.All(ctx, loaders.For(ctx).Product, []store.ProductID{id})
		if err != nil {
			return nil, saved(err)
		}
		all.Product = products[0]
	}
	return loaders.Deliver(ctx, all), nil
}

// variantsDeleted finishes the deletion of a product's variants.
func variantsDeleted(input store.ProductVariantsDelete, product *model.Payload[store.Product], err error) (*model.ProductVariantsDeletePayload, error) {
	if err != nil {
		return nil, err
	}
	all := &model.ProductVariantsDeletePayload{Product: product.Object, DeletedVariantIds: []store.VariantID{}, UserErrors: product.UserErrors}
	if len(all.UserErrors) == 0 {
		all.DeletedVariantIds = input.IDs
	}
	return all, nil
}

// variantCosts returns what the shop pays for each variant; nil where it does not
// say.
func variantCosts(ctx context.Context, variants []*store.Variant) ([]*money.Amount, error) {
	ids := make([]store.VariantID, len(variants))
	for i, v := range variants {
		ids[i] = v.ID
	}
	found, err := loaders.All(ctx, loaders.For(ctx).Cost, ids)
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
