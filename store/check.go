package store

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"souk/internal/fault"
	"souk/internal/richtext"
	"souk/internal/slug"
)

const (
	// maxLine is the maximum length of titles, names and codes, in characters. At
	// four bytes each, two such texts fit into an index entry.
	maxLine = 255
	// maxAltText is in characters. Nobody wants to listen to a longer text in a
	// screen reader.
	maxAltText = 512
	// maxDescription is in bytes.
	maxDescription = 64 << 10
	// maxURL is in bytes; an index entry can hold 2,704.
	maxURL  = 2048
	maxTags = 250
)

// rule checks a value, adds the problems that it finds at field, and returns the
// value in the form in which it is stored.
type rule[T any] func(problems *fault.Problems, field string, value T) T

// required checks a field that must have a value: null is refused.
func required[T any](problems *fault.Problems, field string, p *Patch[*T], check rule[T]) {
	switch {
	case !p.Set:
	case p.Value == nil:
		problems.Add(fault.ReasonRequired, field, "it cannot be null; give a value, or leave the field out")
		p.Set = false
	case check != nil:
		value := check(problems, field, *p.Value)
		p.Value = &value
	}
}

// requiredList is required for a list.
func requiredList[T any](problems *fault.Problems, field string, p *Patch[[]T], check rule[[]T]) {
	switch {
	case !p.Set:
	case p.Value == nil:
		problems.Add(fault.ReasonRequired, field, "it cannot be null; give a list, which may be empty, or leave the field out")
		p.Set = false
	case check != nil:
		p.Value = check(problems, field, p.Value)
	}
}

// clearable checks a text that null sets to "". Its column is never NULL.
func clearable(problems *fault.Problems, field string, p *Patch[*string], check rule[string]) {
	if p.Set && p.Value == nil {
		p.Value = new(string)
		return
	}
	required(problems, field, p, check)
}

// optional checks a text whose column may be NULL: null and an empty text both clear
// it.
func optional(problems *fault.Problems, field string, p *Patch[*string], check rule[string]) {
	if !p.Set || p.Value == nil {
		return
	}
	if required(problems, field, p, check); *p.Value == "" {
		p.Value = nil
	}
}

// textOrEmpty checks a text that the input for a new object may leave out. An absent
// text becomes "", so value is not nil afterwards.
func textOrEmpty(problems *fault.Problems, field string, value **string, check rule[string]) {
	text := ""
	if *value != nil {
		text = check(problems, field, **value)
	}
	*value = &text
}

// checkID adds a problem if the ID is the zero key, which no object has. An ID that
// is damaged or of another type arrives as the zero key.
func checkID[K ~[16]byte](problems *fault.Problems, field string, id K, noun string) {
	checkExists(problems, field, id, fmt.Sprintf(notFound, noun))
}

// checkExists is checkID with a message of its own.
func checkExists[K ~[16]byte](problems *fault.Problems, field string, id K, message string) {
	if id == (K{}) {
		problems.Add(fault.ReasonNotFound, field, "%s", message)
	}
}

// notFound is the message for an ID that no object of that type has.
const notFound = "there is no %s with this ID"

// checkLength adds a problem if a list is empty or has more than most entries.
func checkLength(problems *fault.Problems, field string, n, most int) {
	switch {
	case n == 0:
		problems.Add(fault.ReasonRequired, field, "the list is empty; give at least one entry")
	case n > most:
		problems.Add(fault.ReasonTooMany, field, "the list has %d entries; send at most %d at once", n, most)
	}
}

// checkVersion refuses a change if the object has changed since the caller read it.
func checkVersion(current int64, expected *int64) error {
	if expected == nil || *expected == current {
		return nil
	}
	refused := fault.Reject(fault.ReasonVersionConflict, "expectedVersion",
		"it has changed since you read it; read it again and repeat the change")
	refused.Problems[0].CurrentVersion = current
	return refused
}

// checkMembers refuses ids that are not in known, the parts of an object such as a
// product, and duplicate ids.
func checkMembers[K comparable, V any](known map[K]V, ids []K, field, of, noun string) error {
	var problems fault.Problems
	seen := make(map[K]bool, len(ids))
	for i, id := range ids {
		switch _, ok := known[id]; {
		case !ok:
			problems.Add(fault.ReasonNotFound, itemField(field, i), "the %s has no %s with this ID", of, noun)
		case seen[id]:
			problems.Add(fault.ReasonDuplicate, itemField(field, i), "the %s is in the list already; leave it out", noun)
		}
		seen[id] = true
	}
	return problems.Err()
}

// MaxName is the maximum length of the names of people, roles and API keys, in
// characters: longer than any name that fits into a table cell.
const MaxName = 100

// CheckName is the rule for such a name. The name must not be empty.
func CheckName(problems *fault.Problems, field, value string) string {
	return nonEmptyLine(MaxName)(problems, field, value)
}

// line returns the rule for a text of one line that may be empty.
func line(most int) rule[string] {
	return func(p *fault.Problems, field, value string) string { return oneLine(p, field, value, most) }
}

// nonEmptyLine returns the rule for a text of one line that must not be empty.
func nonEmptyLine(most int) rule[string] {
	return func(p *fault.Problems, field, value string) string {
		if value = oneLine(p, field, value, most); value == "" {
			p.Add(fault.ReasonRequired, field, "it is empty; give 1 to %d characters", most)
		}
		return value
	}
}

// oneLine checks a text of one line and returns it without surrounding white space.
func oneLine(p *fault.Problems, field, value string, most int) string {
	value = strings.TrimSpace(value)
	switch n := utf8.RuneCountInString(value); {
	case n > most:
		p.Add(fault.ReasonTooLong, field, "it has %d characters; shorten it to %d", n, most)
	case strings.ContainsFunc(value, breaksLine):
		p.Add(fault.ReasonInvalid, field, "it contains a character that is not allowed in a single line, such as a line break; remove it")
	}
	return value
}

func breaksLine(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}

// maxParagraphs is in characters, about three printed pages.
const maxParagraphs = 10_000

// paragraphs checks a plain text of several lines, in the form of plainLines.
func paragraphs(p *fault.Problems, field, value string) string {
	value = plainLines(value)
	if n := utf8.RuneCountInString(value); n > maxParagraphs {
		p.Add(fault.ReasonTooLong, field, "it has %d characters; shorten it to %d", n, maxParagraphs)
	}
	return value
}

// plainLines returns a text of several lines without control characters and without
// the characters that change the reading direction of the text after them.
func plainLines(value string) string {
	value = strings.ReplaceAll(strings.ToValidUTF8(value, ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, value))
}

// cleanHTML is the rule for a description. It also sanitizes the HTML.
func cleanHTML(p *fault.Problems, field, value string) string {
	switch {
	case len(value) > maxDescription:
		p.Add(fault.ReasonTooLong, field, "it has %d bytes; shorten it to %d", len(value), maxDescription)
	case strings.ContainsRune(value, 0):
		p.Add(fault.ReasonInvalid, field, "it contains a NUL character; remove it")
	default:
		return richtext.Clean(value)
	}
	return ""
}

// slugText is the rule for a slug that a client chose. It must have the form that
// slug.Handle gives it, because look-ups bring what they look for into that form. The
// Unicode form alone is changed silently, since nobody can see it.
func slugText(p *fault.Problems, field, value string) string {
	value = norm.NFC.String(value)
	handle := slug.Handle(value)
	switch n := utf8.RuneCountInString(value); {
	case value == "":
		p.Add(fault.ReasonRequired, field, "it is empty; give 1 to %d characters: letters, digits, hyphens and underscores", slug.MaxHandle)
	case n > slug.MaxHandle:
		p.Add(fault.ReasonTooLong, field, "it has %d characters; shorten it to %d", n, slug.MaxHandle)
	case handle == "":
		p.Add(fault.ReasonInvalid, field, "a slug must contain a letter or a digit; write it like linen-shirt")
	case handle != value:
		p.Add(fault.ReasonInvalid, field,
			"a slug can contain only lower-case letters, digits, hyphens and underscores, and no hyphen at its ends; write it like %s", quoted(handle))
	}
	return value
}

// checkTags checks tags and returns them without surrounding white space and without
// duplicates.
func checkTags(p *fault.Problems, field string, tags []string) []string {
	if len(tags) > maxTags {
		p.Add(fault.ReasonTooMany, field, "there are %d tags; give at most %d", len(tags), maxTags)
		return nil
	}
	seen := make(map[string]bool, len(tags))
	kept := make([]string, 0, len(tags))
	for i, tag := range tags {
		if tag = nonEmptyLine(maxLine)(p, itemField(field, i), tag); !seen[tag] {
			seen[tag] = true
			kept = append(kept, tag)
		}
	}
	return kept
}

// checkURL checks the address of an image: an absolute web address, or a path on this
// server. A path that begins with two slashes (or with a backslash, which browsers
// read as a slash) would point to another server.
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
		p.Add(fault.ReasonInvalid, field, "it is not a valid address; give one that begins with https:// or http://, or a path on this server that begins with one slash")
	}
}

// itemField returns the field name of an item of a list.
func itemField(list string, i int) string { return list + "." + strconv.Itoa(i) }

// maxNamed is how many names a message lists.
const maxNamed = 5

// quotedList returns the first names of a list, quoted.
func quotedList(things []string) string {
	named := make([]string, 0, maxNamed)
	for _, thing := range things[:min(len(things), maxNamed)] {
		named = append(named, quoted(thing))
	}
	if len(things) > maxNamed {
		return strings.Join(named, ", ") + " and others"
	}
	return strings.Join(named, ", ")
}

func quoted(thing string) string { return "“" + thing + "”" }
