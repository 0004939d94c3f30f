package slug

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MaxHandle is the maximum length of a handle, in characters: what Shopify allows. At
// four bytes each, 255 characters are 1,020 bytes of the 2,704 that an index entry can
// hold.
const MaxHandle = 255

// Handle returns the slug for an address that the owner of a shop chose. Unlike Make it
// keeps the text whole and in its own script, because links and search engines know the
// address already:
//
//   - It consists of letters, marks and digits of any script, hyphens and underscores,
//     in lower case and in the Unicode form NFC.
//   - Each run of other characters becomes one hyphen. Points do too, as in Shopify and
//     WordPress: a slug that ends in .json or .html is read as a file by proxies. A run
//     of hyphens alone stays as it is.
//   - Characters that nobody sees, such as a zero-width space or a variation selector, are
//     dropped, and so are marks that follow neither a letter nor a digit.
//   - It begins and ends with no hyphen, and has at most MaxHandle characters; the rest
//     is cut off. Whoever adds a number or a suffix to it must cut it shorter first.
//
// It is empty if text has no letter and no digit. Handle does not change what Make or
// Handle returned, so it also finds a slug as somebody wrote it. It does not decode
// %C3%A9: the router of the client has done so.
func Handle(text string) string {
	if isPlainHandle(text) {
		return text
	}
	if len(text) > 64*MaxHandle { // do not process what is cut off anyway
		text = text[:64*MaxHandle]
	}
	text = norm.NFC.String(strings.ToLower(norm.NFC.String(visible(text))))
	var b strings.Builder
	b.Grow(len(text))
	length, hyphens, others, named := 0, 0, false, false
	marked := false // whether a mark would belong to the character before
	for _, r := range text {
		if unicode.IsMark(r) && !marked {
			continue
		}
		if !inHandle(r) {
			others, marked = others || r != '-', false
			hyphens++
			continue
		}
		marked = r != '_'
		if others {
			hyphens = 1
		}
		if length == 0 {
			hyphens = 0
		}
		if length+hyphens >= MaxHandle {
			break
		}
		b.WriteString(strings.Repeat("-", hyphens))
		b.WriteRune(r)
		named = named || unicode.IsLetter(r) || unicode.IsNumber(r)
		length, hyphens, others = length+hyphens+1, 0, false
	}
	if !named {
		return ""
	}
	return b.String()
}

func inHandle(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// visible drops invalid bytes, format characters and what else has no glyph (Unicode's
// Default_Ignorable_Code_Point). Those would otherwise separate a letter from its mark, or
// a word from its other half, and make two addresses that look the same.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar ||
			unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, text)
}

// isPlainHandle finds the handles that most shops have, which need no work.
func isPlainHandle(text string) bool {
	if text == "" || len(text) > MaxHandle || text[0] == '-' || text[len(text)-1] == '-' {
		return false
	}
	named := false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			named = true
		case c != '-' && c != '_':
			return false
		}
	}
	return named
}
