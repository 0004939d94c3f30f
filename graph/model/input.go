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

// convert converts a nested input to the type that the store takes. nil stays nil.
func convert[M, S any](in *M, toStore func(M) S) *S {
	if in == nil {
		return nil
	}
	converted := toStore(*in)
	return &converted
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
