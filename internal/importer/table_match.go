package importer

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// matcher returns a function that finds the first group of re. A pattern of a
// literal and then a repeated class, such as /dp/([A-Z0-9]{10}), is matched by
// hand: keys in addresses look like this, and regexp takes 0.6 µs for one, a
// fifth of the time budget of a row.
func matcher(re *regexp.Regexp) func(string) (string, bool) {
	if find, ok := literalThenClass(re); ok {
		return find
	}
	return func(text string) (string, bool) {
		at := re.FindStringSubmatchIndex(text)
		if at == nil || at[2] < 0 {
			return "", false
		}
		return text[at[2]:at[3]], true
	}
}

func literalThenClass(re *regexp.Regexp) (func(string) (string, bool), bool) {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat || len(tree.Sub) != 2 {
		return nil, false
	}
	literal, capture := tree.Sub[0], tree.Sub[1]
	if literal.Op != syntax.OpLiteral || literal.Flags&syntax.FoldCase != 0 || capture.Op != syntax.OpCapture {
		return nil, false
	}
	times := capture.Sub[0]
	if times.Op != syntax.OpRepeat || times.Min != times.Max || times.Min < 1 || times.Sub[0].Op != syntax.OpCharClass {
		return nil, false
	}
	var class [256]bool
	ranges := times.Sub[0].Rune
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1] >= 0x80 {
			return nil, false // a byte is not a character then
		}
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			class[c] = true
		}
	}
	prefix, size := string(literal.Rune), times.Min
	return func(text string) (string, bool) {
		for {
			at := strings.Index(text, prefix)
			if at < 0 {
				return "", false
			}
			rest := text[at+len(prefix):]
			n := 0
			for n < size && n < len(rest) && class[rest[n]] {
				n++
			}
			if n == size {
				return rest[:n], true
			}
			text = text[at+1:]
		}
	}, true
}
