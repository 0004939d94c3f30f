package resolvers

import "souk/store"

func variantKey(v *store.Variant) store.VariantID { return v.ID }
