package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// decoder decodes a value that is not NULL. Values come in the formats that pgx asks
// Postgres for: JSON and texts as text, everything else as Postgres' binary format (the
// functions *send of its source, src/backend/utils/adt).
type decoder[V any] func(to *V, value []byte) error

var (
	errNull   = errors.New("NULL where none can be")
	errFormat = errors.New("not in the binary format of its type")
)

// oidsOf returns the types of Postgres that are decoded to a type of Go.
func oidsOf[V any]() []uint32 {
	switch t := reflect.TypeFor[V](); {
	case t == reflect.TypeFor[time.Time]():
		return []uint32{pgtype.TimestamptzOID}
	case t == reflect.TypeFor[[]byte]():
		return []uint32{pgtype.ByteaOID}
	default:
		return oidsOfKind(t)
	}
}

func oidsOfKind(t reflect.Type) []uint32 {
	json := []uint32{pgtype.JSONBOID, pgtype.JSONOID}
	switch t.Kind() {
	case reflect.String:
		return []uint32{pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID}
	case reflect.Bool:
		return []uint32{pgtype.BoolOID}
	case reflect.Int, reflect.Int64:
		return []uint32{pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID}
	case reflect.Float64:
		return []uint32{pgtype.Float8OID}
	case reflect.Array:
		return []uint32{pgtype.UUIDOID}
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.String:
			return append(json, pgtype.TextArrayOID, pgtype.VarcharArrayOID)
		case reflect.Array:
			return []uint32{pgtype.UUIDArrayOID}
		case reflect.Int, reflect.Int64:
			return []uint32{pgtype.Int2ArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID}
		}
	}
	return json
}

// formatOf returns the format in which pgx asks for values of a type, unless its
// configuration says that it prepares no statements.
func formatOf(oid uint32) int16 {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.JSONOID, pgtype.JSONBOID:
		return pgtype.TextFormatCode
	}
	return pgtype.BinaryFormatCode
}

func asUUID[K ~[16]byte](to *K, value []byte) error {
	if len(value) != len(*to) {
		return errFormat
	}
	copy((*to)[:], value)
	return nil
}

func asText[S ~string](to *S, value []byte) error {
	*to = S(value)
	return nil
}

func asBytes(to *[]byte, value []byte) error {
	*to = bytes.Clone(value)
	return nil
}

func asBool(to *bool, value []byte) error {
	if len(value) != 1 {
		return errFormat
	}
	*to = value[0] != 0
	return nil
}

// asInt decodes smallint, int and bigint.
func asInt[N ~int | ~int64](to *N, value []byte) error {
	switch len(value) {
	case 2:
		*to = N(int16(binary.BigEndian.Uint16(value)))
	case 4:
		*to = N(int32(binary.BigEndian.Uint32(value)))
	case 8:
		*to = N(int64(binary.BigEndian.Uint64(value)))
	default:
		return errFormat
	}
	return nil
}

// asFloat decodes double precision.
func asFloat(to *float64, value []byte) error {
	if len(value) != 8 {
		return errFormat
	}
	*to = math.Float64frombits(binary.BigEndian.Uint64(value))
	return nil
}

// asTime decodes timestamptz: microseconds since the year 2000.
func asTime(to *time.Time, value []byte) error {
	if len(value) != 8 {
		return errFormat
	}
	const from1970 = 946_684_800 * 1_000_000
	since2000 := int64(binary.BigEndian.Uint64(value))
	if since2000 == math.MaxInt64 || since2000 == math.MinInt64 {
		return errors.New("an infinite time")
	}
	*to = time.UnixMicro(since2000 + from1970)
	return nil
}

func asJSON[V any](to *V, value []byte) error {
	if err := json.Unmarshal(value, to); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

func asUUIDs[K ~[16]byte](to *[]K, value []byte) error { return asArray(to, value, asUUID) }

func asTexts[L ~[]S, S ~string](to *L, value []byte) error {
	var items []S
	err := asArray(&items, value, asText)
	*to = L(items)
	return err
}

func asInts[N ~int | ~int64](to *[]N, value []byte) error { return asArray(to, value, asInt) }

// asArray decodes an array of one dimension without NULLs: the number of dimensions (0 if
// it is empty), whether it has NULLs, the type, for each dimension its length and lower
// bound, and for each element its length and value. The result is never nil.
func asArray[V any](to *[]V, value []byte, element decoder[V]) error {
	word := func() (n int) {
		if len(value) < 4 {
			return -1
		}
		n = int(int32(binary.BigEndian.Uint32(value)))
		value = value[4:]
		return n
	}
	dimensions, _, _ := word(), word(), word()
	if dimensions == 0 {
		*to = []V{}
		return nil
	}
	n := word()
	word()
	if dimensions != 1 || n < 0 || n > len(value)/4 {
		return errFormat
	}
	items := make([]V, n)
	for i := range items {
		size := word()
		if size < 0 || size > len(value) {
			return errFormat
		}
		if err := element(&items[i], value[:size]); err != nil {
			return err
		}
		value = value[size:]
	}
	*to = items
	return nil
}
