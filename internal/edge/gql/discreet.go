package gql

import "regexp"

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
	// Of tokens. A name is not a value.
	{regexp.MustCompile(`(?s)\b(String|BlockString|Int|Float|Comment) ".*$`), "$1"},
	{regexp.MustCompile(`(?s)^(Invalid character escape sequence).*$`), "$1."},
}

// discreet returns a message of gqlparser without the values that it quotes.
// They may be passwords, and responses end up in the logs of proxies and
// clients. The names of fields, types and variables stay, because they help to
// find the mistake.
func discreet(message string) string {
	for _, q := range quotes {
		if q.message.MatchString(message) {
			return q.message.ReplaceAllString(message, q.without)
		}
	}
	return message
}
