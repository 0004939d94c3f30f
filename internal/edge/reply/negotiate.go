package reply

import (
	"strconv"
	"strings"
)

// Media is a media type without parameters.
type Media string

// maxRanges is how many media ranges of an Accept header are looked at. Browsers
// send eight, and urql five.
const maxRanges = 50

// Negotiate returns the media type of an answer from the values of the request's
// Accept header. Of the types that the client takes, the one with the highest q
// wins, and of those the one whose range is first in the list. A range that names a
// type decides over one with an asterisk. Without the header the type is
// application/json. ok is false when the client takes neither type.
func Negotiate(accept []string) (media Media, ok bool) {
	if len(accept) == 1 {
		switch Media(accept[0]) { // what most clients send
		case JSON, "*/*":
			return JSON, true
		case GraphQL:
			return GraphQL, true
		}
	}
	list := strings.Join(accept, ",")
	if strings.TrimSpace(list) == "" {
		return JSON, true
	}
	json, graphql := preference{}, preference{}
	for i, r := range ranges(list) {
		json.consider(r, i, JSON)
		graphql.consider(r, i, GraphQL)
	}
	switch {
	case graphql.q > json.q, graphql.q == json.q && graphql.q > 0 && graphql.position < json.position:
		return GraphQL, true
	case json.q > 0:
		return JSON, true
	}
	return JSON, false
}

// preference is how much a client wants a media type.
type preference struct {
	exactness int // 0: no range matched, 1: */*, 2: application/*, 3: the type itself
	q         float64
	position  int
}

func (p *preference) consider(r mediaRange, position int, media Media) {
	exactness := 0
	switch r.name {
	case string(media):
		exactness = 3
	case "application/*":
		exactness = 2
	case "*/*":
		exactness = 1
	}
	if exactness > p.exactness {
		*p = preference{exactness, r.q, position}
	}
}

type mediaRange struct {
	name string
	q    float64
}

// ranges reads an Accept header. What is not a media range is left out, and so is
// one of another character set than UTF-8.
func ranges(list string) []mediaRange {
	var found []mediaRange
	for _, item := range split(list, ',', maxRanges) {
		parts := split(item, ';', maxRanges)
		r := mediaRange{name: strings.ToLower(strings.TrimSpace(parts[0])), q: 1}
		known := r.name != ""
		for _, parameter := range parts[1:] {
			name, value, _ := strings.Cut(parameter, "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "q":
				q, err := strconv.ParseFloat(value, 64)
				known = known && err == nil && q >= 0 && q <= 1
				r.q = q
			case "charset":
				known = known && strings.EqualFold(value, "utf-8")
			}
		}
		if known {
			found = append(found, r)
		}
	}
	return found
}

// split splits at a separator outside quotation marks, into at most n parts. The
// rest is left out.
func split(text string, separator byte, n int) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(text) && len(parts) < n; i++ {
		switch {
		case quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == separator && !quoted:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	if len(parts) < n {
		parts = append(parts, text[start:])
	}
	return parts
}
