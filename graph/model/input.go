package model

import (
	"github.com/99designs/gqlgen/graphql"

	"souk/store"
)

// patch is a field that an input may leave out, as the store takes it.
func patch[T any](field graphql.Omittable[T]) store.Patch[T] {
	value, set := field.ValueOK()
	return store.Patch[T]{Set: set, Value: value}
}

// each makes of every item of a list what the store takes.
func each[M, S any](items []*M, toStore func(M) S) []S {
	if items == nil {
		return nil
	}
	made := make([]S, len(items))
	for i, item := range items {
		made[i] = toStore(*item)
	}
	return made
}
