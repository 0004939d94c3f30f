package relay

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"souk/graph/executor"
	"souk/internal/fault"
)

// Node is an object with a global ID: one of the store's entities.
type Node interface{}

// MarshalDateTime writes a time as RFC 3339 in UTC, to the microsecond that
// Postgres keeps.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [40]byte
		w.Write(AppendDateTime(buf[:0], t))
	})
}

// AppendDateTime appends what MarshalDateTime writes.
func AppendDateTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05.999999Z07:00")
	return append(b, '"')
}

// UnmarshalDateTime reads a time in RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, fault.Invalid("a DateTime is a string in RFC 3339 format, such as 2026-03-01T12:30:00Z")
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fault.Invalid("this is not a time in RFC 3339 format, such as 2026-03-01T12:30:00Z")
	}
	return t, nil
}

// MarshalText writes a string scalar.
func MarshalText(text string) graphql.Marshaler { return graphql.MarshalString(text) }

// AppendText appends what MarshalText writes.
func AppendText(b []byte, text string) []byte { return executor.AppendString(b, text) }

// UnmarshalText reads a string scalar. gqlgen's own error has no type and would
// be reported as an internal error.
func UnmarshalText(v any) (string, error) {
	text, err := graphql.UnmarshalString(v)
	if err != nil {
		return "", fault.Invalid("this must be a string; write it in quotes")
	}
	return text, nil
}

// MarshalLong writes a whole number.
func MarshalLong(n int64) graphql.Marshaler { return graphql.MarshalInt64(n) }

// AppendLong appends what MarshalLong writes.
func AppendLong(b []byte, n int64) []byte { return executor.AppendInt(b, n) }

// UnmarshalLong reads a whole number; see UnmarshalText.
func UnmarshalLong(v any) (int64, error) {
	n, err := graphql.UnmarshalInt64(v)
	if err != nil {
		return 0, fault.Invalid("this must be a whole number such as 12, of up to 53 bits")
	}
	return n, nil
}
