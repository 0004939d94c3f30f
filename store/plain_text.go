package store

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"souk/internal/fault"
)

const (
	// maxName is what a name, a title or a headline may have: the longest that
	// forms and mails show in a line or two.
	maxName = 255
	// maxReviewBody is about three printed pages.
	maxReviewBody = 10_000
)

// plainLine is text in one line: what is no letter to be seen (control and
// formatting characters that turn the reading direction) is left out, runs of
// white space are one blank.
func plainLine(text string) string {
	return strings.Join(strings.Fields(plainText(text)), " ")
}

// plainText leaves control characters out, except for tabs and line ends, and
// the characters that turn the reading direction of what follows them.
func plainText(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, text))
}

// checkName returns a name as it is stored; an empty or too long one is a problem.
func checkName(problems *fault.Problems, field, name string) string {
	name = plainLine(name)
	if name == "" {
		problems.Add(fault.ReasonRequired, field, "it is empty; give 1 to %d characters", maxName)
	}
	return checkLength(problems, field, name, maxName)
}

// checkLength notes a text that has more characters than it may.
func checkLength(problems *fault.Problems, field, text string, limit int) string {
	if n := utf8.RuneCountInString(text); n > limit {
		problems.Add(fault.ReasonTooLong, field, "it has %d characters; give at most %d", n, limit)
	}
	return text
}
