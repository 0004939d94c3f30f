package store

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"souk/internal/fault"
	"souk/internal/richtext"
)

const (
	// maxLine is the length of titles, names and codes, in characters: at four
	// bytes each, two of them fit into an index entry.
	maxLine = 255
	// maxAltText is more than a screen reader's listener has patience for.
	maxAltText = 512
	// maxDescription is in bytes.
	maxDescription = 64 << 10
	// maxURL is in bytes; an index entry takes 2,704.
	maxURL  = 2048
	maxTags = 250
)

// MaxName is the length of names of people, roles and API keys, in characters: longer
// than any name that fits a table's cell.
const MaxName = 100

// CheckName is the rule for such a name, which must not be empty.
func CheckName(problems *fault.Problems, field, value string) string {
	return name(MaxName)(problems, field, value)
}

// line is the rule for a text of one line that may be empty.
func line(most int) rule[string] {
	return func(p *fault.Problems, field, value string) string { return oneLine(p, field, value, most) }
}

// name is the rule for a text of one line that must not be empty.
func name(most int) rule[string] {
	return func(p *fault.Problems, field, value string) string {
		if value = oneLine(p, field, value, most); value == "" {
			p.Add(fault.ReasonRequired, field, "it is empty; give it 1 to %d characters", most)
		}
		return value
	}
}

// oneLine checks a text that stands in one line, and returns it without blanks
// around it.
func oneLine(p *fault.Problems, field, value string, most int) string {
	value = strings.TrimSpace(value)
	switch n := utf8.RuneCountInString(value); {
	case n > most:
		p.Add(fault.ReasonTooLong, field, "it has %d characters; shorten it to %d", n, most)
	case strings.ContainsFunc(value, breaksLine):
		p.Add(fault.ReasonInvalid, field, "it holds a character that cannot stand in a line, such as a line end; remove it")
	}
	return value
}

func breaksLine(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}

// maxParagraphs is about three printed pages.
const maxParagraphs = 10_000

// paragraphs checks a plain text of several lines, and returns it without control
// characters and those that turn the reading direction of what follows them.
func paragraphs(p *fault.Problems, field, value string) string {
	value = strings.ReplaceAll(strings.ToValidUTF8(value, ""), "\r\n", "\n")
	value = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, value))
	if n := utf8.RuneCountInString(value); n > maxParagraphs {
		p.Add(fault.ReasonTooLong, field, "it has %d characters; shorten it to %d", n, maxParagraphs)
	}
	return value
}

// cleanHTML is the rule for a description, which it cleans.
func cleanHTML(p *fault.Problems, field, value string) string {
	switch {
	case len(value) > maxDescription:
		p.Add(fault.ReasonTooLong, field, "it has %d bytes; shorten it to %d", len(value), maxDescription)
	case strings.ContainsRune(value, 0):
		p.Add(fault.ReasonInvalid, field, "it holds a NUL character; remove it")
	default:
		return richtext.Clean(value)
	}
	return ""
}

// slugText is the rule for a slug that somebody chose.
func slugText(p *fault.Problems, field, value string) string {
	checkSlugText(p, field, value)
	return value
}

func checkSlugText(p *fault.Problems, field, value string) (ok bool) {
	switch {
	case value == "":
		p.Add(fault.ReasonRequired, field, "it is empty; give it 1 to %d of a to z, 0 to 9 and hyphens", maxLine)
	case len(value) > maxLine:
		p.Add(fault.ReasonTooLong, field, "it has %d bytes; shorten it to %d", len(value), maxLine)
	case strings.ContainsFunc(value, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }):
		p.Add(fault.ReasonInvalid, field, "a slug has only a to z, 0 to 9 and hyphens: linen-shirt")
	case value[0] == '-' || value[len(value)-1] == '-':
		p.Add(fault.ReasonInvalid, field, "a slug begins and ends with a letter or a digit: linen-shirt")
	default:
		return true
	}
	return false
}

// checkTags checks tags and returns them without blanks around them, each once.
func checkTags(p *fault.Problems, field string, tags []string) []string {
	if len(tags) > maxTags {
		p.Add(fault.ReasonTooMany, field, "there are %d tags; give at most %d", len(tags), maxTags)
		return nil
	}
	seen := make(map[string]bool, len(tags))
	kept := make([]string, 0, len(tags))
	for i, tag := range tags {
		if tag = name(maxLine)(p, entry(field, i), tag); !seen[tag] {
			seen[tag] = true
			kept = append(kept, tag)
		}
	}
	return kept
}

// checkURL checks where a picture is: an absolute web address, or a path on this
// server. Two slashes (or a backslash, which browsers read as one) would lead
// elsewhere.
func checkURL(p *fault.Problems, field, value string) {
	switch {
	case value == "":
		p.Add(fault.ReasonRequired, field, "it is empty; give an address such as https://example.com/shirt.jpg")
		return
	case len(value) > maxURL:
		p.Add(fault.ReasonTooLong, field, "it has %d bytes; shorten it to %d", len(value), maxURL)
		return
	}
	parsed, err := url.Parse(value)
	local := strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "//")
	web := err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != "" && parsed.User == nil
	if err != nil || (!local && !web) || strings.ContainsFunc(value, func(r rune) bool { return breaksLine(r) || unicode.IsSpace(r) || r == '\\' }) {
		p.Add(fault.ReasonInvalid, field, "it is neither an address that begins with https:// or http:// nor a path on this server that begins with one slash")
	}
}

// entry is the field of a list's entry.
func entry(list string, i int) string { return list + "." + strconv.Itoa(i) }
