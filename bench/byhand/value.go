package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"souk/graph/executor"
	"souk/internal/money"
)

// Values come in Postgres' binary format; nil is NULL.

// kinds are the first bytes of global IDs.
const (
	kindProduct  = 1
	kindVariant  = 2
	kindCategory = 3
	kindVendor   = 4
	kindImage    = 5
	kindReview   = 6
)

func integer(value []byte) int64 {
	switch len(value) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(value)))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(value)))
	default:
		return int64(binary.BigEndian.Uint64(value))
	}
}

// timeOf returns the time of a timestamptz: microseconds since the year 2000.
func timeOf(micros int64) time.Time {
	const from1970 = 946_684_800 * 1_000_000
	return time.UnixMicro(micros + from1970).UTC()
}

func appendID(b []byte, kind byte, key []byte) []byte {
	var raw [17]byte
	raw[0] = kind
	copy(raw[1:], key)
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, raw[:])
	return append(b, '"')
}

// key is a primary key.
type key [16]byte

// UUIDValue makes pgx send a key.
func (k *key) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: *k, Valid: true}, nil }

// keys are sent as an array, without an allocation for each.
type keys []key

// Dimensions makes pgx send an array.
func (k *keys) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(len(*k)), LowerBound: 1}}
}

// Index returns an element.
func (k *keys) Index(i int) any { return &(*k)[i] }

// IndexType returns an element for its type.
func (k *keys) IndexType() any { return new(key) }

// appendUUID appends a key as Postgres writes it.
func appendUUID(b []byte, key key) []byte {
	b = hex.AppendEncode(b, key[:4])
	for _, end := range []int{6, 8, 10} {
		b = hex.AppendEncode(append(b, '-'), key[end-2:end])
	}
	return hex.AppendEncode(append(b, '-'), key[10:])
}

func appendText(b, value []byte) []byte {
	if value == nil {
		return append(b, "null"...)
	}
	for _, c := range value {
		if c < ' ' || c == '"' || c == '\\' {
			return executor.AppendString(b, string(value))
		}
	}
	b = append(b, '"')
	b = append(b, value...)
	return append(b, '"')
}

func appendInteger(b, value []byte) []byte {
	if value == nil {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, integer(value), 10)
}

func appendFloat(b, value []byte) []byte {
	if value == nil {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, math.Float64frombits(binary.BigEndian.Uint64(value)), 'g', -1, 64)
}

func appendTime(b, value []byte) []byte {
	b = append(b, '"')
	b = timeOf(integer(value)).AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// appendMoney appends an amount, or null if there is none.
func appendMoney(b, minor, currency []byte) []byte {
	if minor == nil {
		return append(b, "null"...)
	}
	b = append(b, `{"amount":"`...)
	b = money.Amount{Minor: integer(minor), Currency: currencyCode(currency)}.AppendDecimal(b)
	b = append(b, `","currencyCode":"`...)
	b = append(b, currency...)
	return append(b, `"}`...)
}

// currencyCode returns a text, of the usual currencies without an allocation.
func currencyCode(value []byte) string {
	switch string(value) {
	case "EUR":
		return "EUR"
	case "USD":
		return "USD"
	case "INR":
		return "INR"
	}
	return string(value)
}
