package model

import "souk/store"

// NewProduct is a product to make, alone or in a list.
type NewProduct struct {
	Title           string
	Slug            *string
	DescriptionHTML *string
	ProductType     *string
	Tags            []string
	VendorID        *string
	Status          store.ProductStatus
	Options         []*store.OptionInput
	Variants        []*ProductVariantInput
	CategoryIds     []string
	Images          []*store.ImageInput
	// IdempotencyKey is that of a product which is made alone.
	IdempotencyKey *string
}

// ProductRef names a product that something is done to as a whole.
type ProductRef struct {
	ID              string
	ExpectedVersion *int64
}

// ProductVariantsUpsertPayload is what became of a list of variants.
type ProductVariantsUpsertPayload struct {
	Product    *store.Product
	Results    []*BulkResult[store.Variant]
	UserErrors []UserError
}

// Delivers yields the product and the variants.
func (p *ProductVariantsUpsertPayload) Delivers(yield func(any)) {
	yield(p.Product)
	for _, r := range p.Results {
		yield(r.Object)
	}
}

// ImagesAddPayload is what became of pictures to add.
type ImagesAddPayload struct {
	Product    *store.Product
	Images     []*store.Image
	UserErrors []UserError
}

// Delivers yields the product and the pictures.
func (p *ImagesAddPayload) Delivers(yield func(any)) {
	yield(p.Product)
	for _, i := range p.Images {
		yield(i)
	}
}
