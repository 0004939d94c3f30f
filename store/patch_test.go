package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/money"
)

// What the audit log shows is what a person or a program can read back: no number in
// Go's short form, no list whose items run together.
func TestTextOfTheAuditLog(t *testing.T) {
	type named []struct {
		Name string `json:"name"`
	}
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"a text", "red, blue", "red, blue"},
		{"an empty text", "", ""},
		{"a status", ProductActive, "ACTIVE"},
		{"a truth", true, "true"},
		{"a large number", 1e6, "1000000"},
		{"a small number", 0.001, "0.001"},
		{"a whole number", int64(1_000_000_000_000), "1000000000000"},
		{"an amount", money.Amount{Minor: 4990, Currency: "EUR"}, "49.90 EUR"},
		{"a time", time.Date(2026, 3, 1, 13, 0, 0, 1000, time.FixedZone("CET", 3600)), "2026-03-01T12:00:00.000001Z"},
		{"a list", []string{"red", "blue, x", `"`}, `["red","blue, x","\""]`},
		{"a list of texts with markup", []string{"A & B", "<b>"}, `["A & B","<b>"]`},
		{"no list", []string(nil), "[]"},
		{"an empty list", []string{}, "[]"},
		{"permissions", []auth.Permission{auth.CatalogueRead, auth.AuditRead}, `["CATALOGUE_READ","AUDIT_READ"]`},
		{"objects", named{{"Size"}}, `[{"name":"Size"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, *text(c.value))
		})
	}
	require.Nil(t, textOf[int64](nil))
	require.Nil(t, keyText[VendorID](nil))
}
