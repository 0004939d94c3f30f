package token_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

// BenchmarkRefuse is what a flood of bad tokens costs. Each is of the largest size
// that its kind allows.
func BenchmarkRefuse(b *testing.B) {
	o := newOurs(b)
	p := newProvider(b, o.clock)
	verifier := o.verifier(p.external())
	ours := encode(b, o.header())
	claims := func(json string) string { return sign(ours, b64([]byte(json)), unsigned) }
	for _, bad := range []struct{ name, raw string }{
		{"over 8 KB", strings.Repeat(".", 1<<20)},
		{"no JSON", claims(strings.Repeat("x", 6000))},
		{"unknown kid", o.with(members{"kid": "x"}, nil)},
		{"unknown kid of the provider", p.token("EdDSA", "x", unsigned)},
		{"a wrong signature", o.tokenBy(o.kid, p.ed)},
		{"a wrong signature over 6 KB", sign(ours, encode(b, changed(o.claims(), members{"x": strings.Repeat("x", 5500)})), unsigned)},
		{"brackets", claims(`{"x":` + strings.Repeat("[", 2900) + strings.Repeat("]", 2900) + `}`)},
		{"brackets without end", claims(`{"x":` + strings.Repeat("[", 5900))},
		{"members", claims(`{` + strings.Repeat(`"":0,`, 1180) + `"":0}`)},
		{"lists", claims(`{"x":[` + strings.Repeat(`{},`, 1950) + `{}]}`)},
		{"members that differ", claims(manyMembers())},
	} {
		b.Run(bad.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := verifier.Verify(b.Context(), bad.raw)
				require.ErrorIs(b, err, token.ErrInvalid)
			}
		})
	}
}

// manyMembers is an object of as many members as a token can have.
func manyMembers() string {
	var object strings.Builder
	object.WriteString(`{"iss":"` + ourIssuer + `"`)
	for a := 'a'; a <= 'z'; a++ {
		for c := 'a'; c <= 'z'; c++ {
			object.WriteString(`,"` + string([]rune{a, c}) + `":0`)
		}
	}
	return object.String() + "}"
}
