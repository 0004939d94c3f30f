package relay

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"souk/internal/fault"
	"souk/store"
)

// A cursor is, in base64url: a CRC-32 of the rest, a CRC-32 of the list it was
// made for, and each value of the position with its length before it. The same
// row of the same list always has the same cursor.

const cursorHead = 8

// cursorOf writes the cursor of a row. list names the list and its order.
func cursorOf(list string, at store.Position) string {
	size := cursorHead
	for _, value := range at {
		size += len(value) + binary.MaxVarintLen16
	}
	raw := make([]byte, cursorHead, size)
	binary.BigEndian.PutUint32(raw[4:], crc32.ChecksumIEEE([]byte(list)))
	for _, value := range at {
		raw = binary.AppendUvarint(raw, uint64(len(value)))
		raw = append(raw, value...)
	}
	binary.BigEndian.PutUint32(raw, crc32.ChecksumIEEE(raw[4:]))
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parseCursor reads a cursor that cursorOf wrote for the same list. argument is
// the argument that the cursor came from: "after".
func parseCursor(argument, cursor, list string, values int) (store.Position, error) {
	damaged := fault.Invalid("`%s` is not a cursor: take it unchanged from pageInfo or an edge, or omit it to start over", argument)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	skipped := strings.ContainsAny(cursor, "\r\n") // the decoder skips line ends
	if err != nil || skipped || len(raw) < cursorHead || binary.BigEndian.Uint32(raw) != crc32.ChecksumIEEE(raw[4:]) {
		return nil, damaged
	}
	if binary.BigEndian.Uint32(raw[4:]) != crc32.ChecksumIEEE([]byte(list)) {
		return nil, fault.Invalid("`%s` is a cursor of another list or another order: when `orderBy` or `search` changes, omit it and start over", argument)
	}
	at := make(store.Position, 0, values)
	for rest := raw[cursorHead:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return nil, damaged
		}
		at = append(at, string(rest[n:n+int(size)]))
		rest = rest[n+int(size):]
	}
	if len(at) != values {
		return nil, damaged
	}
	return at, nil
}
