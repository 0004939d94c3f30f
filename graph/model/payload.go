package model

import "souk/store"

// Payload is the result of a mutation of one object. The payload types of the schema
// that have the same fields are bound to it.
type Payload[T any] struct {
	// Object is the object after the change; nil if the input was refused.
	Object     *T
	UserErrors []UserError
}

// DeletePayload is the result of a mutation that deletes an object.
type DeletePayload[K any] struct {
	// DeletedID is the key of the deleted object; nil if the input was refused.
	DeletedID  *K
	UserErrors []UserError
}

// PartsDeletePayload is the result of a mutation that deletes parts of an object.
type PartsDeletePayload[T, K any] struct {
	// Object is the object after the change; nil if the input was refused.
	Object *T
	// DeletedIDs are the keys of the deleted parts.
	DeletedIDs []K
	UserErrors []UserError
}

// DonePayload is the result of a mutation that returns no object.
type DonePayload struct {
	// Done is false if the input was refused.
	Done       bool
	UserErrors []UserError
}

// BulkPayload is the result of a list of changes.
type BulkPayload[T any] struct {
	// Results are in the order of the input's items.
	Results []*BulkResult[T]
	// UserErrors are the errors of the list itself, and then those of all items.
	UserErrors []UserError
}

// BulkResult is the result of one change of a list.
type BulkResult[T any] struct {
	Index int
	// Object is nil if the item was refused, or was undone because another item was
	// refused.
	Object     *T
	UserErrors []UserError
}

// ProductVariantsUpsertPayload is the result of a list of created and changed
// variants.
type ProductVariantsUpsertPayload struct {
	Product *store.Product
	BulkPayload[store.Variant]
}

// ImagesAddPayload is the result of a mutation that adds images.
type ImagesAddPayload struct {
	Product    *store.Product
	Images     []*store.Image
	UserErrors []UserError
}
