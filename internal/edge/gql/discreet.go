package gql

import (
	"regexp"

	"github.com/vektah/gqlparser/v2/ast"
)

// quotes are the messages of gqlparser that quote a value of the document or of
// its variables, with their replacements. A value can contain anything,
// including line ends and quotation marks. Each pattern therefore reaches from
// a text before the value to the end of the message, or from its start to a
// text after the value.
var quotes = []struct {
	message *regexp.Regexp
	without string
}{
	// Of literals. A suggestion that may follow cannot be separated from the
	// value.
	{regexp.MustCompile(`(?s)^((?:Enum "[^"]*"|Int|String|Boolean|Float|ID) cannot represent (?:an? )?[a-z0-9 -]* value): .*$`), "$1."},
	{regexp.MustCompile(`(?s)^(Expected value of type "[^"]*"), found .*$`), "$1, found another one."},
	{regexp.MustCompile(`^Value "\w*" (does not exist in "[^"]*" enum\.)`), "The value $1"},
	// Of variables.
	{regexp.MustCompile(`(?s)^.* (is not a valid \w+)$`), "it $1"},
	// The value in this one is not the client's: 0 for a number that is not an Int.
	{regexp.MustCompile(`^cannot use value \S+ as (\w+)$`), "it is not a valid $1"},
	// Of tokens. A name is not a value.
	{regexp.MustCompile(`(?s)\b(String|BlockString|Int|Float|Comment) ".*$`), "$1"},
	{regexp.MustCompile(`(?s)^(Invalid character escape sequence).*$`), "$1."},
}

// discreet returns a message of gqlparser without the values that it quotes.
// They may be passwords, and responses end up in the logs of proxies and
// clients. The names of fields, types and variables stay, because they help to
// find the mistake; of a long one, the start.
func discreet(message string) string {
	for _, q := range quotes {
		if q.message.MatchString(message) {
			message = q.message.ReplaceAllString(message, q.without)
			break
		}
	}
	return longName.ReplaceAllStringFunc(message, short)
}

// maxName is how many bytes of a name a message has. A person recognises a name by
// them, and a message cannot carry much else that a client sent.
const maxName = 40

// longName is a name of more than maxName bytes.
var longName = regexp.MustCompile(`[_0-9A-Za-z]{41,}`)

// short cuts a long name.
func short(name string) string {
	if len(name) <= maxName {
		return name
	}
	return name[:maxName] + "…"
}

// shortPath returns the path of a variable with its names cut. The keys of an object are
// in it as they were sent, so that what is no name at all is left out.
func shortPath(path ast.Path) ast.Path {
	own := make(ast.Path, len(path))
	for i, element := range path {
		own[i] = element
		if name, ok := element.(ast.PathName); ok {
			own[i] = ast.PathName(short(string(name)))
			if !isName.MatchString(string(name)) {
				own[i] = ast.PathName("…")
			}
		}
	}
	return own
}
