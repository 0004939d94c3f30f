package fault

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence gives a message the form in which a person reads it: with a capital
// letter and a full stop. Messages are written as Go writes errors, so that they
// can be put behind a place ("souk: email: it is empty"). One that begins with a
// name of the schema has it in backticks, which keep the name as it is.
func Sentence(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	if size == 0 {
		return ""
	}
	message = string(unicode.ToUpper(first)) + message[size:]
	if strings.HasSuffix(message, ".") || strings.HasSuffix(message, "!") || strings.HasSuffix(message, "?") {
		return message
	}
	return message + "."
}
