package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// maxTokenBytes is more than a provider's longest token with groups, and
	// the limit of most proxies for a header.
	maxTokenBytes = 8 << 10

	// maxKeyIDBytes is longer than any provider's key ID.
	maxKeyIDBytes = 256

	// maxNesting is deeper than any claim.
	maxNesting = 16
)

// compact is a parsed token that is not verified: do not trust anything in it.
type compact struct {
	alg, kid, typ string
	header        object
	claims        object
}

// object is a JSON object's members, each as it was written. Names are
// case-sensitive; encoding/json would take "ISS" for "iss".
type object map[string]json.RawMessage

// parseCompact splits a token. It accepts only one spelling: three segments of
// canonical base64url without padding, of which the first two are JSON objects
// without duplicate names.
func parseCompact(raw string) (compact, error) {
	if len(raw) > maxTokenBytes {
		return compact{}, invalid("it is too long")
	}
	if strings.Count(raw, ".") != 2 {
		return compact{}, invalid("it does not have three segments")
	}
	segments := strings.Split(raw, ".")
	header, err := decodeSegment(segments[0])
	if err != nil {
		return compact{}, err
	}
	claims, err := decodeSegment(segments[1])
	if err != nil {
		return compact{}, err
	}
	if _, err := decodeBase64(segments[2]); err != nil {
		return compact{}, err
	}
	c := compact{header: header, claims: claims}
	return c, c.readHeader()
}

func (c *compact) readHeader() error {
	for name := range c.header {
		switch name {
		case "jwk", "jku", "x5u", "x5c":
			return invalid("its header contains a key")
		case "crit", "b64", "enc", "zip", "cty", "epk":
			return invalid("its header requires something that is not supported")
		}
	}
	var ok bool
	if c.alg, ok = c.header.text("alg"); !ok {
		return invalid("alg is missing or not a string")
	}
	if c.kid, ok = c.header.text("kid"); !ok || c.kid == "" || len(c.kid) > maxKeyIDBytes {
		return invalid("kid is missing, not a string or too long")
	}
	if c.typ, ok = c.header.text("typ"); !ok && c.header["typ"] != nil {
		return invalid("typ is not a string")
	}
	return nil
}

// decodeBase64 refuses padding, line breaks and stray bits, which would allow
// several spellings of one token.
func decodeBase64(segment string) ([]byte, error) {
	if segment == "" {
		return nil, invalid("a segment is empty")
	}
	// The decoder would skip line breaks.
	if strings.ContainsAny(segment, "\r\n") {
		return nil, invalid("a segment is not canonical base64url")
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return nil, invalid("a segment is not canonical base64url")
	}
	return decoded, nil
}

func decodeSegment(segment string) (object, error) {
	decoded, err := decodeBase64(segment)
	if err != nil {
		return nil, err
	}
	// The decoder would replace invalid UTF-8 with U+FFFD, and two names could
	// become one.
	members, ok := object(nil), utf8.Valid(decoded)
	if ok {
		members, ok = readObject(decoded)
	}
	if !ok {
		return nil, invalid("a segment is not a JSON object, or has a member twice")
	}
	return members, nil
}

// readObject accepts one object and nothing after it. No object in it, at any
// depth, has a member twice: otherwise two parsers could read different tokens.
func readObject(data []byte) (object, bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, false
	}
	members := object{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil || members[name.(string)] != nil || !namesOnce(value) {
			return nil, false
		}
		members[name.(string)] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return members, errors.Is(err, io.EOF)
}

// namesOnce reports whether no object in a JSON value has a duplicate member.
func namesOnce(value json.RawMessage) bool {
	if value[0] != '{' && value[0] != '[' {
		return true
	}
	return uniqueValue(json.NewDecoder(bytes.NewReader(value)), 1)
}

func uniqueValue(decoder *json.Decoder, depth int) bool {
	start, err := decoder.Token()
	if err != nil || depth > maxNesting {
		return false
	}
	bracket, ok := start.(json.Delim)
	if !ok {
		return true
	}
	seen := map[string]bool{}
	for decoder.More() {
		if bracket == '{' {
			name, err := decoder.Token()
			if err != nil || seen[name.(string)] {
				return false
			}
			seen[name.(string)] = true
		}
		if !uniqueValue(decoder, depth+1) {
			return false
		}
	}
	_, err = decoder.Token()
	return err == nil
}

// text returns a string member; false when it is missing or not a string.
func (o object) text(name string) (string, bool) {
	raw := o[name]
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}

// optionalText is like text, but returns true and "" for a member that is
// missing or null.
func (o object) optionalText(name string) (string, bool) {
	if raw := o[name]; raw == nil || string(raw) == "null" {
		return "", true
	}
	return o.text(name)
}

// texts returns a member that is a string or a list of strings.
func (o object) texts(name string) ([]string, bool) {
	if one, ok := o.text(name); ok {
		return []string{one}, true
	}
	var raw []*string
	if json.Unmarshal(o[name], &raw) != nil {
		return nil, false
	}
	all := make([]string, len(raw))
	for i, s := range raw {
		if s == nil {
			return nil, false
		}
		all[i] = *s
	}
	return all, len(all) > 0
}

// seconds returns a member that is a NumericDate of RFC 7519, which may have a
// fraction.
func (o object) seconds(name string) (float64, bool) {
	raw := o[name]
	if len(raw) == 0 || raw[0] < '0' || raw[0] > '9' {
		return 0, false
	}
	var n float64
	// The year 9999: a later time.Time does not print as it was written.
	const last = 253402300799
	return n, json.Unmarshal(raw, &n) == nil && n <= last
}
