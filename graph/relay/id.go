// Package relay holds what the GraphQL server specification of Relay asks for:
// global IDs, cursors, connections and the limits of pages.
package relay

import (
	"encoding/base64"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"souk/internal/fault"
)

// Kind is the type that a global ID belongs to. The values stand in IDs that
// clients keep: never change or reuse one.
type Kind byte

// The kinds of objects that have a global ID.
const (
	Product  Kind = 1
	Variant  Kind = 2
	Category Kind = 3
	Vendor   Kind = 4
	Image    Kind = 5
	Review   Kind = 6
)

// idLength is the length of a global ID: a kind and a UUID in base64url.
const idLength = (1+16)*4/3 + 1

// ID writes the global ID of an object: opaque, typed, and good in a URL as it is.
func ID[K ~[16]byte](kind Kind, key K) string {
	var raw [17]byte
	raw[0] = byte(kind)
	copy(raw[1:], key[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// ParseID reads a global ID; ok is false for anything that ID does not write.
func ParseID(id string) (kind Kind, key uuid.UUID, ok bool) {
	if len(id) != idLength {
		return 0, uuid.Nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil {
		return 0, uuid.Nil, false
	}
	return Kind(raw[0]), uuid.UUID(raw[1:]), true
}

// Key reads a global ID of one kind; ok is false for another kind's.
func Key[K ~[16]byte](kind Kind, id string) (key K, ok bool) {
	k, u, ok := ParseID(id)
	return K(u), ok && k == kind
}

// RequireKey reads a global ID that a filter or an input names. field is where it
// stands, noun what it should be: "a category".
func RequireKey[K ~[16]byte](kind Kind, id, field, noun string) (K, error) {
	key, ok := Key[K](kind, id)
	if !ok {
		return key, fault.Invalid("%s is not the ID of %s; take it from the `id` field of one", field, noun)
	}
	return key, nil
}

func marshalID[K ~[16]byte](kind Kind, key K) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		io.WriteString(w, `"`+ID(kind, key)+`"`)
	})
}

func unmarshalID[K ~[16]byte](kind Kind, noun string, v any) (K, error) {
	id, err := graphql.UnmarshalID(v)
	if err != nil {
		var none K
		return none, err
	}
	key, ok := Key[K](kind, id)
	if !ok {
		return key, fault.Invalid("not the ID of %s", noun)
	}
	return key, nil
}
