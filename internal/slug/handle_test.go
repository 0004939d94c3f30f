package slug

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func TestAHandleIsKeptWholeAndInItsOwnScript(t *testing.T) {
	long := strings.Repeat("a-rather-long-handle-", 12) + "end" // 255 characters
	require.Len(t, long, MaxHandle)
	for in, want := range map[string]string{
		"linen-shirt":                   "linen-shirt",
		long:                            long,
		"a--b":                          "a--b",
		"new_in_2026_":                  "new_in_2026_",
		"nhẫn-1":                        "nhẫn-1",
		norm.NFD.String("nhẫn-crème"):   "nhẫn-crème",
		"日本-タオル":                        "日本-タオル",
		"חולצה":                         "חולצה",
		"नमस्ते-१२":                     "नमस्ते-१२",
		"ПЛАТЬЕ-Ёлка":                   "платье-ёлка",
		"İstanbul":                      "istanbul",
		"under-armour®-mens-polo":       "under-armour-mens-polo",
		"  Red -- Mug / 5\" (new)  ":    "red-mug-5-new",
		"v1.2.json":                     "v1-2-json",
		"zero\u200bwidth\ufeff":         "zerowidth",
		"caf%C3%A9":                     "caf-c3-a9",
		"-a-":                           "a",
		"a\xffb":                        "ab",
		"a\x00b\nc":                     "a-b-c",
		"":                              "",
		"---":                           "",
		"_":                             "",
		"\u0301":                        "",
		"red\ufe0f-\u034fmug\U000e0100": "red-mug",
		"\u3164\u115f\uffa0\u2065":      "",
		"\u3164lamp":                    "lamp",
		"-\u0301a-\u0902b_\u0301c":      "a-b_c",
		"\u0301_":                       "",
		"\U0001F600 !":                  "",
		long + "-and-more":              long,
		strings.Repeat("é", 300):        strings.Repeat("é", 255),
		strings.Repeat("é", 254) + "-b": strings.Repeat("é", 254),
	} {
		require.Equal(t, want, Handle(in), in)
	}
}

// FuzzHandle holds a handle to its own rules, and to the slugs that are stored already.
func FuzzHandle(f *testing.F) {
	f.Add("Red Mug, 5\" (new)")
	f.Add("e\u200b\u0301--ẞ_")
	f.Add("\u3164\ufe0fa-\u0301\u034fb_\u0903")
	f.Add("\u0345Α\u0345\u212a")
	f.Fuzz(func(t *testing.T, text string) {
		handle := Handle(text)
		require.Equal(t, handle, Handle(handle), "stays")
		require.True(t, utf8.ValidString(handle))
		require.LessOrEqual(t, utf8.RuneCountInString(handle), MaxHandle)
		require.NotContains(t, handle, "\x00")
		require.Equal(t, handle, strings.Trim(handle, "- "))
		require.Regexp(t, `^([\pL\pN_]|$)`, handle)
		require.NotRegexp(t, `[^\pL\pN\pM]\pM`, handle, "each mark has its letter")
		made := Make(text, "x")
		require.Equal(t, made, Handle(made), "a made slug is found")
	})
}

func BenchmarkHandle(b *testing.B) {
	for name, text := range map[string]string{
		"plain":   "samsung-galaxy-buds2-pro-bluetooth-truly-wireless-in-ear-earbuds",
		"unicode": "nhẫn-bạc-đính-đá-nhẫn-bạc-đính-đá",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Handle(text)
			}
		})
	}
}
