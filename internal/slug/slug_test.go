package slug

import (
	"strings"
	"testing"

	"github.com/gosimple/slug"
	"github.com/stretchr/testify/require"
)

func TestSlugs(t *testing.T) {
	for in, want := range map[string]string{
		"Red Mug":                            "red-mug",
		"  A -- B_c!  ":                      "a-b_c",
		"Nhẫn bạc":                           "nhan-bac",
		"Crème & Brûlée":                     "creme-and-brulee",
		"\U0001F600":                         "product",
		"":                                   "product",
		strings.Repeat("ab", 99):             strings.Repeat("ab", 40),
		strings.Repeat("long ", 30) + "word": strings.TrimSuffix(strings.Repeat("long-", 16), "-"),
	} {
		require.Equal(t, want, Make(in, "product"), in)
	}
}

// FuzzSlug holds the short way to what the library says.
func FuzzSlug(f *testing.F) {
	f.Add("Red Mug, 5\" (new)")
	f.Add("a--b__c - ")
	f.Fuzz(func(t *testing.T, text string) {
		made, ok := plain(text)
		if ok && len(text) <= Max {
			require.Equal(t, slug.Make(text), made)
		}
		require.NotEmpty(t, Make(text, "x"))
		require.LessOrEqual(t, len(Make(text, "x")), Max)
	})
}

func BenchmarkSlug(b *testing.B) {
	const title = "Samsung Galaxy Buds2 Pro, Bluetooth Truly Wireless in Ear Earbuds (Graphite) with Mic"
	b.Run("library", func(b *testing.B) {
		for b.Loop() {
			slug.Make(title)
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			plain(title)
		}
	})
}
