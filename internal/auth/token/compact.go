package token

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
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
	raw           string
	alg, kid, typ string
	claims        object
}

// object is a JSON object's members, each as it was written. Names are
// case-sensitive.
type object map[string]jsontext.Value

// parseCompact splits a token. It accepts only one spelling: three segments of
// canonical base64url without padding, of which the first two are JSON objects
// without duplicate names. jwx accepts more: padding, line breaks and both
// alphabets, the last of two members, text after an object.
func parseCompact(raw string) (compact, error) {
	if len(raw) > maxTokenBytes {
		return compact{}, invalid("it is too long")
	}
	segments := strings.SplitN(raw, ".", 4)
	if len(segments) != 3 {
		return compact{}, invalid("it does not have three segments")
	}
	header, err := decodeObject(segments[0])
	if err != nil {
		return compact{}, err
	}
	claims, err := decodeObject(segments[1])
	if err != nil {
		return compact{}, err
	}
	if _, err := decodeBase64(segments[2]); err != nil {
		return compact{}, err
	}
	c := compact{raw: raw, claims: claims}
	return c, c.readHeader(header)
}

func (c *compact) readHeader(header object) error {
	for name := range header {
		switch name {
		case "jwk", "jku", "x5u", "x5c":
			return invalid("its header contains a key")
		case "crit", "b64", "enc", "zip", "cty", "epk":
			return invalid("its header requires something that is not supported")
		}
	}
	var ok bool
	if c.alg, ok = header.text("alg"); !ok {
		return invalid("alg is missing or not a string")
	}
	if c.kid, ok = header.text("kid"); !ok || c.kid == "" || len(c.kid) > maxKeyIDBytes {
		return invalid("kid is missing, not a string or too long")
	}
	if c.typ, ok = header.text("typ"); !ok && header["typ"] != nil {
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
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	// The decoder skips line breaks.
	if err != nil || strings.ContainsAny(segment, "\r\n") {
		return nil, invalid("a segment is not canonical base64url")
	}
	return decoded, nil
}

func decodeObject(segment string) (object, error) {
	decoded, err := decodeBase64(segment)
	if err != nil {
		return nil, err
	}
	members, ok := readObject(decoded)
	if !ok {
		return nil, invalid("a segment is not a JSON object, has a member twice or is nested too deeply")
	}
	return members, nil
}

// readObject accepts one object and nothing after it. jsontext refuses invalid UTF-8,
// and an object at any depth that has a member twice: otherwise two parsers could read
// different tokens.
func readObject(text []byte) (object, bool) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(text))
	if start, err := decoder.ReadToken(); err != nil || start.Kind() != jsontext.KindBeginObject {
		return nil, false
	}
	members := object{}
	for decoder.PeekKind() == jsontext.KindString {
		name, err := decoder.ReadToken()
		if err != nil {
			return nil, false
		}
		key, from := name.String(), decoder.InputOffset()
		if !skipValue(decoder) {
			return nil, false
		}
		members[key] = bytes.TrimLeft(text[from:decoder.InputOffset()], ": \t\r\n")
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, false
	}
	_, err := decoder.ReadToken()
	return members, errors.Is(err, io.EOF)
}

// skipValue reads a member's value and reports whether it is valid and not nested too
// deeply. It builds nothing of it: nobody has verified it yet.
func skipValue(decoder *jsontext.Decoder) bool {
	for {
		if _, err := decoder.ReadToken(); err != nil || decoder.StackDepth() > maxNesting {
			return false
		}
		if decoder.StackDepth() == 1 {
			return true
		}
	}
}

// text returns a string member; false when it is missing or not a string.
func (o object) text(name string) (string, bool) {
	if o[name].Kind() != jsontext.KindString {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, o[name])
	return string(text), err == nil
}
