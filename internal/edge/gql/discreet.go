package gql

import "regexp"

// quotes are the messages of gqlparser that quote a value of the document or of
// its variables, each with what takes its place. A value may hold anything, line
// ends and quotation marks too, so each pattern reaches from a text that no value
// comes before to the end of the message, or the other way round.
var quotes = []struct {
	message *regexp.Regexp
	without string
}{
	// Of literals. What might follow, a guess at what was meant, cannot be told from
	// the value.
	{regexp.MustCompile(`(?s)^((?:Enum "[^"]*"|Int|String|Boolean|Float|ID) cannot represent (?:an? )?[a-z0-9 -]* value): .*$`), "$1."},
	{regexp.MustCompile(`(?s)^(Expected value of type "[^"]*"), found .*$`), "$1, found another one."},
	{regexp.MustCompile(`^Value "\w*" (does not exist in "[^"]*" enum\.)`), "The value $1"},
	// Of variables.
	{regexp.MustCompile(`(?s)^.* (is not a valid \w+)$`), "it $1"},
	// The value of this one is not even the client's: 0 for a number that is no Int.
	{regexp.MustCompile(`^cannot use value \S+ as (\w+)$`), "it is not a valid $1"},
	// Of tokens. A name is no value.
	{regexp.MustCompile(`(?s)\b(String|BlockString|Int|Float|Comment) ".*$`), "$1"},
	{regexp.MustCompile(`(?s)^(Invalid character escape sequence).*$`), "$1."},
}

// discreet returns a message of gqlparser without the values that it quotes. They
// may be somebody's password, and answers end in the logs of proxies and clients.
// The names of fields, types and variables stay: they are how a mistake is found.
func discreet(message string) string {
	for _, q := range quotes {
		if q.message.MatchString(message) {
			return q.message.ReplaceAllString(message, q.without)
		}
	}
	return message
}
