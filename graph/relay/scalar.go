package relay

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"souk/internal/fault"
)

// Node is what has a global ID: one of the store's entities.
type Node interface{}

// MarshalDateTime writes a time as RFC 3339 in UTC, to the microsecond that
// Postgres keeps.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [40]byte
		b := append(buf[:0], '"')
		b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05.999999Z07:00")
		w.Write(append(b, '"'))
	})
}

// UnmarshalDateTime reads a time in RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, fault.Invalid("a DateTime is a string in RFC 3339, such as 2026-03-01T12:30:00Z")
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fault.Invalid("this is not a time in RFC 3339, such as 2026-03-01T12:30:00Z")
	}
	return t, nil
}
