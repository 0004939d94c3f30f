package resolvers

import (
	"context"
	"strings"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/fault"
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
		return nil, fault.Invalid("several variants have this SKU; ask for one of them by id: %s", strings.Join(ids, ", "))
	}
	return variants[0], nil
}

// selectedOptions joins a variant's values to the names of its product's options.
func selectedOptions(options []*store.ProductOption, values []string) []*model.SelectedOption {
	selected := make([]*model.SelectedOption, 0, len(values))
	for i, value := range values {
		if i < len(options) {
			selected = append(selected, &model.SelectedOption{Name: options[i].Name, Value: value})
		}
	}
	return selected
}
