package store

import "github.com/jackc/pgx/v5/pgtype"

// keys are sent to Postgres as uuid[]. pgx would find out for each element what it is.
type keys []key

type key [16]byte

// keysOf returns the keys of a noun as an argument of a statement.
func keysOf[K ~[16]byte](ids []K) *keys {
	all := make(keys, len(ids))
	for i, id := range ids {
		all[i] = key(id)
	}
	return &all
}

// Dimensions makes pgx send an array.
func (k *keys) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(len(*k)), LowerBound: 1}}
}

// Index returns an element.
func (k *keys) Index(i int) any { return &(*k)[i] }

// IndexType returns an element, for its type.
func (*keys) IndexType() any { return new(key) }

// UUIDValue makes pgx send a UUID.
func (k *key) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: *k, Valid: true}, nil }
