package model

import (
	"github.com/99designs/gqlgen/graphql"

	"souk/store"
)

// patch converts a field that an input can omit to the type that the store takes.
func patch[T any](field graphql.Omittable[T]) store.Patch[T] {
	value, set := field.ValueOK()
	return store.Patch[T]{Set: set, Value: value}
}

// convertItems converts the items of a list to the type that the store takes. nil
// stays nil.
func convertItems[M, S any](items []*M, toStore func(M) S) []S {
	if items == nil {
		return nil
	}
	converted := make([]S, len(items))
	for i, item := range items {
		converted[i] = toStore(*item)
	}
	return converted
}
