// Package relay implements the GraphQL server specification of Relay: global
// IDs, cursors, connections and page limits.
package relay

import (
	"encoding/base64"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"souk/internal/fault"
)

// Kind is the type that a global ID belongs to. Clients store global IDs, so
// never change or reuse a value.
type Kind byte

// idLength is the length of a global ID: a kind and a UUID in base64url.
const idLength = (1+16)*4/3 + 1

// ID writes the global ID of an object: opaque, typed, and safe in a URL.
func ID[K Key](key K) string {
	kind, _ := kindOf[K]()
	return encodeID(kind, uuid.UUID(key))
}

func encodeID(kind Kind, key uuid.UUID) string {
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
	// The decoder skips line ends, so a text of the right length may have too
	// few letters.
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) != 17 {
		return 0, uuid.Nil, false
	}
	return Kind(raw[0]), uuid.UUID(raw[1:]), true
}

// ParseKey reads a global ID of one kind; ok is false for any other kind.
func ParseKey[K Key](id string) (key K, ok bool) {
	kind, u, ok := ParseID(id)
	if own, _ := kindOf[K](); !ok || kind != own {
		return key, false
	}
	return K(u), true
}

// ReadKey reads a global ID from an argument, and adds a problem if it is not one of
// the kind. field is its path.
func ReadKey[K Key](problems *fault.Problems, field, id string) (key K, ok bool) {
	if key, ok = ParseKey[K](id); !ok {
		_, noun := kindOf[K]()
		problems.Add(fault.ReasonNotFound, field, "it is not the ID of %s; take it from the `id` field of one", noun)
	}
	return key, ok
}

func marshalID[K Key](key K) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		io.WriteString(w, `"`+ID(key)+`"`)
	})
}

// appendID appends a global ID as JSON.
func appendID[K Key](b []byte, key K) []byte {
	kind, _ := kindOf[K]()
	var raw [17]byte
	raw[0] = byte(kind)
	copy(raw[1:], key[:])
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, raw[:])
	return append(b, '"')
}

// unmarshalID reads a global ID in an input. One that is damaged, or another
// type's, gives the zero key, which nothing has: the store then says that the
// object does not exist, together with all else that is wrong.
func unmarshalID[K Key](v any) (K, error) {
	id, err := graphql.UnmarshalID(v)
	key, _ := ParseKey[K](id)
	return key, err
}
