package model

import "souk/store"

// NewProduct is a product to create, alone or in a list.
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
	// IdempotencyKey is set only for a product that is created alone.
	IdempotencyKey *string
}

// ProductRef names a product to publish, archive or delete as a whole.
type ProductRef struct {
	ID              string
	ExpectedVersion *int64
}

// ProductBulk is the result of a list of product changes.
type ProductBulk struct {
	Results    []*ProductBulkResult
	UserErrors []UserError
}

// ProductBulkResult is the result for one product of a list.
type ProductBulkResult struct {
	Index      int
	Product    *store.Product
	UserErrors []UserError
}

// Delivers yields the products.
func (p *ProductBulk) Delivers(yield func(any)) {
	for _, r := range p.Results {
		yield(r.Product)
	}
}

// ProductVariantsUpsertPayload is the result for a list of variants.
type ProductVariantsUpsertPayload struct {
	Product    *store.Product
	Results    []*ProductVariantResult
	UserErrors []UserError
}

// ProductVariantResult is the result for one variant of a list.
type ProductVariantResult struct {
	Index      int
	Variant    *store.Variant
	UserErrors []UserError
}

// Delivers yields the product and the variants.
func (p *ProductVariantsUpsertPayload) Delivers(yield func(any)) {
	yield(p.Product)
	for _, r := range p.Results {
		yield(r.Variant)
	}
}

// ImagesAddPayload is the result of adding images.
type ImagesAddPayload struct {
	Product    *store.Product
	Images     []*store.Image
	UserErrors []UserError
}

// Delivers yields the product and the images.
func (p *ImagesAddPayload) Delivers(yield func(any)) {
	yield(p.Product)
	for _, i := range p.Images {
		yield(i)
	}
}
