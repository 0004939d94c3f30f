// Package slug makes slugs: names for URLs.
package slug

import (
	"strings"

	"github.com/gosimple/slug"
)

// Max is the maximum length; a longer slug is cut at a word. Longer ones wrap
// in logs and mails, and search engines show about 75 characters of a URL.
const Max = 80

// Make turns a handle or a name into words of a–z, 0–9 and "_", joined by "-",
// and transliterates other scripts. It is never empty.
func Make(text, ifEmpty string) string {
	made, ok := plain(text)
	if !ok {
		if len(text) > 8*Max { // do not process what is cut off anyway
			text = text[:8*Max]
		}
		made = slug.Make(strings.ToValidUTF8(text, ""))
	}
	if len(made) > Max {
		if at := strings.LastIndexByte(made[:Max+1], '-'); at > Max/2 {
			made = made[:at]
		} else {
			made = made[:Max]
		}
	}
	made = strings.Trim(made, "-_")
	if made == "" {
		return ifEmpty
	}
	return made
}

// plain does what slug.Make does, for text that needs no transliteration table:
// the library's regular expressions take 14 µs for a title, this half a
// microsecond (BenchmarkSlug), and a large file has millions.
func plain(text string) (string, bool) {
	buf := make([]byte, 0, Max+8)
	for i := 0; i < len(text) && len(buf) <= Max+1; i++ {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			buf = append(buf, c)
		case c >= 'A' && c <= 'Z':
			buf = append(buf, c+'a'-'A')
		case c >= 0x80, c == '&', c == '@', c == '\'', c == '"':
			return "", false
		case len(buf) > 0 && buf[len(buf)-1] != '-':
			buf = append(buf, '-')
		}
	}
	return strings.Trim(string(buf), "-_"), true
}
