package door

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
)

// scan refuses a text before the parser sees it: too many tokens, a name, number or
// string that is too long, or braces and brackets too deep in one another.
//
// It reads with gqlparser's own lexer, so that nothing is a token to one and not to
// the other. It ends at the first error, which the parser will meet too.
func (d *Door) scan(text string) error {
	l := lexer.New(&ast.Source{Input: text})
	tokens, depth := 0, 0
	for {
		token, err := l.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return nil //nolint:nilerr // the parser says what is wrong
		}
		if tokens++; tokens > d.limits.Tokens {
			return Refuse(TooManyTokens, int64(d.limits.Tokens), int64(tokens), "words and signs in its document",
				"Send values as variables, and split the document into several requests.")
		}
		switch token.Kind {
		case lexer.BraceL, lexer.BracketL:
			if depth++; depth > d.limits.Depth {
				return tooDeep(&d.limits, depth)
			}
		case lexer.BraceR, lexer.BracketR:
			depth--
		case lexer.Name, lexer.Int, lexer.Float:
			if n := len(token.Value); n > d.limits.NameBytes {
				return Refuse(NameTooLong, int64(d.limits.NameBytes), int64(n), "bytes in one name or number", "Shorten it.")
			}
		case lexer.String, lexer.BlockString:
			// As it is written: what its value leaves out was read all the same.
			n, limit := max(len(token.Value), token.Pos.End-token.Pos.Start), d.limits.StringBytes()/inDocument
			if n > limit {
				return tooLongString(limit, n)
			}
		}
	}
}

// inDocument is the part of a variable's length that a string in a document may have.
// A block string is read twice, and its lines are expensive; long texts are variables.
const inDocument = 2

// StringBytes is the limit of a string in a variable, in bytes.
func (l *Limits) StringBytes() int { return l.StringKB << 10 }

func tooDeep(limits *Limits, depth int) *Refusal {
	return Refuse(TooDeep, int64(limits.Depth), int64(depth), "levels of nesting",
		"Ask for less at once, and for the rest in a second request.")
}

func tooLongString(limit, length int) *Refusal {
	return Refuse(StringTooLong, int64(limit), int64(length), "bytes in one string", "Shorten it.")
}
