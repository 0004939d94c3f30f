// Package relay implements the GraphQL server specification of Relay: global
// IDs, cursors, connections and page limits.
package relay

import (
	"encoding/base64"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"souk/internal/fault"
	"souk/store"
)

// Kind is the type that a global ID belongs to. Clients store global IDs, so
// never change or reuse a value.
type Kind byte

// The kinds of objects that have a global ID.
const (
	Product    Kind = 1
	Variant    Kind = 2
	Category   Kind = 3
	Vendor     Kind = 4
	Image      Kind = 5
	Review     Kind = 6
	Customer   Kind = 7
	Address    Kind = 8
	Staff      Kind = 9
	Role       Kind = 10
	APIKey     Kind = 11
	Session    Kind = 12
	Location   Kind = 13
	AuditEvent Kind = 14
)

// Key is the key of an object that has a global ID.
type Key interface {
	store.ProductID | store.VariantID | store.CategoryID | store.VendorID | store.ImageID | store.ReviewID |
		store.CustomerID | store.AddressID | store.StaffID | store.RoleID | store.APIKeyID | store.SessionID |
		store.LocationID | store.AuditEventID
	~[16]byte
}

// kindOf returns the kind of a key's type, and the noun for an object of it.
func kindOf[K Key]() (Kind, string) {
	switch any(*new(K)).(type) {
	case store.ProductID:
		return Product, "a product"
	case store.VariantID:
		return Variant, "a variant"
	case store.CategoryID:
		return Category, "a category"
	case store.VendorID:
		return Vendor, "a vendor"
	case store.ImageID:
		return Image, "an image"
	case store.ReviewID:
		return Review, "a review"
	case store.CustomerID:
		return Customer, "a customer"
	case store.AddressID:
		return Address, "an address"
	case store.StaffID:
		return Staff, "a staff member"
	case store.RoleID:
		return Role, "a role"
	case store.APIKeyID:
		return APIKey, "an API key"
	case store.SessionID:
		return Session, "a session"
	case store.LocationID:
		return Location, "a location"
	default:
		return AuditEvent, "an audit event"
	}
}

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

// RequireKey reads a global ID from a filter or an input. field is its path,
// for the message.
func RequireKey[K Key](id, field string) (K, error) { return requireKey[K](id, "`"+field+"`") }

func requireKey[K Key](id, what string) (K, error) {
	key, ok := ParseKey[K](id)
	if !ok {
		_, noun := kindOf[K]()
		return key, fault.Invalid("%s is not the ID of %s; take it from the `id` field of one", what, noun)
	}
	return key, nil
}

func marshalID[K Key](key K) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		io.WriteString(w, `"`+ID(key)+`"`)
	})
}

func unmarshalID[K Key](v any) (K, error) {
	id, err := graphql.UnmarshalID(v)
	if err != nil {
		var none K
		return none, err
	}
	return requireKey[K](id, "the value")
}
