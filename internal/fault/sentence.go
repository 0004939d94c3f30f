package fault

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence formats a message as a sentence, with a capital letter and a full
// stop. Messages are written like Go errors, so that they can follow a prefix
// ("souk: email: it is empty"). A message that begins with a name of the schema
// has it in backticks, which keep the name as it is.
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
