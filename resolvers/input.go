package resolvers

import (
	"github.com/99designs/gqlgen/graphql"

	"souk/graph/relay"
	"souk/internal/fault"
	"souk/store"
)

// keyOf reads the ID of something that a change needs. One that is damaged, or
// another type's, gives the zero key, which nothing has: the store then says that
// it does not exist, together with all else that is wrong.
func keyOf[K relay.Key](id string) K {
	key, _ := relay.ParseKey[K](id)
	return key
}

// keyMaybe is keyOf for an ID that may be absent.
func keyMaybe[K relay.Key](id *string) *K {
	if id == nil {
		return nil
	}
	key := keyOf[K](*id)
	return &key
}

// keysOf is keyOf for a list.
func keysOf[K relay.Key](ids []string) []K {
	keys := make([]K, len(ids))
	for i, id := range ids {
		keys[i] = keyOf[K](id)
	}
	return keys
}

// inputKey reads the ID of what a mutation changes. One that is damaged, or
// another type's, is as good as one that does not exist.
func inputKey[K relay.Key](id, field string) (K, error) {
	key, ok := relay.ParseKey[K](id)
	if !ok {
		return key, fault.Reject(fault.ReasonNotFound, field, "there is nothing with this ID; take it from the `id` field of what you mean")
	}
	return key, nil
}

// keyOrNil reads the ID of something that an input may leave out.
func keyOrNil[K relay.Key](id *string, field string) (*K, error) {
	if id == nil {
		return nil, nil
	}
	key, err := inputKey[K](*id, field)
	return &key, err
}

// orEmpty reads a text that an input may leave out.
func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// patch reads a field that an input may leave out.
func patch[T any](o graphql.Omittable[T]) store.Patch[T] {
	return store.Patch[T]{Set: o.IsSet(), Value: o.Value()}
}

// required is patch for a field that has a value always: null is refused.
func required[T any](problems *fault.Problems, field string, o graphql.Omittable[*T]) store.Patch[T] {
	value := o.Value()
	switch {
	case !o.IsSet():
		return store.Patch[T]{}
	case value == nil:
		problems.Add(fault.ReasonRequired, field, "it always has a value; give one, or leave the field out")
		return store.Patch[T]{}
	}
	return store.Patch[T]{Set: true, Value: *value}
}
