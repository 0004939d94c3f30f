package model

import "souk/store"

// Payload is what became of a mutation of one object. The types of the schema that
// have its shape are bound to it.
type Payload[T any] struct {
	// Object is as it is after the change; nil when the input was refused.
	Object     *T
	UserErrors []UserError
}

// Delivers yields the object.
func (p *Payload[T]) Delivers(yield func(any)) { yield(p.Object) }

// DeletePayload is what became of a mutation that deletes an object.
type DeletePayload[K any] struct {
	// DeletedID is the key of what is gone; nil when the input was refused.
	DeletedID  *K
	UserErrors []UserError
}

// BulkPayload is what became of a list of changes.
type BulkPayload[T any] struct {
	// Results stand in the order of the input's items.
	Results []*BulkResult[T]
	// UserErrors are those of all items, after those of the list itself.
	UserErrors []UserError
}

// BulkResult is what became of one change of a list.
type BulkResult[T any] struct {
	Index int
	// Object is nil when the item was refused, or was undone with another one.
	Object     *T
	UserErrors []UserError
}

// Delivers yields the objects.
func (p *BulkPayload[T]) Delivers(yield func(any)) {
	for _, r := range p.Results {
		yield(r.Object)
	}
}

// ProductVariantsUpsertPayload is what became of a list of variants.
type ProductVariantsUpsertPayload struct {
	Product *store.Product
	BulkPayload[store.Variant]
}

// Delivers yields the product and the variants.
func (p *ProductVariantsUpsertPayload) Delivers(yield func(any)) {
	yield(p.Product)
	p.BulkPayload.Delivers(yield)
}

// ImagesAddPayload is what became of images to add.
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
