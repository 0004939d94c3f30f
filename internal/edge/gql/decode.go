package gql

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"souk/internal/door"
	"souk/internal/fault"
)

// decoder reads the JSON of one request. It counts while it reads and stops at the
// first limit, so that what it builds stays small whatever a body of the largest size
// contains. Its errors are faults and refusals, and contain nothing of the JSON.
type decoder struct {
	limits door.Limits
	// source is what is read, for messages: "The request body".
	source string
	body   io.LimitedReader
	json   bytes.Buffer
	tokens jsontext.Decoder // of json
	values int
}

// decoders are those that read no request now. What jsontext needs to know each key of an
// object takes as much memory as a small request.
var decoders = sync.Pool{New: func() any { return &decoder{} }}

// largestText is the memory for a text that is kept for the next one. Few requests are larger.
const largestText = 64 << 10

func newDecoder(limits door.Limits) *decoder {
	d := decoders.Get().(*decoder)
	d.limits, d.values = limits, 0
	return d
}

// end gives the decoder back. What it has read are copies of the text.
func (d *decoder) end() {
	if d.body.R = nil; d.json.Cap() <= largestText {
		d.json.Reset()
		decoders.Put(d)
	}
}

// open begins to read the text. jsontext refuses duplicate keys.
func (d *decoder) open(source string) error {
	if !utf8.Valid(d.json.Bytes()) {
		return fault.Invalid("%s is not valid UTF-8.", source)
	}
	d.source = source
	d.tokens.Reset(&d.json)
	return nil
}

// close refuses what follows after the value.
func (d *decoder) close() error {
	if _, err := d.tokens.ReadToken(); err == nil {
		return fault.Invalid("%s has more after its JSON object. Send one object.", d.source)
	} else if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return d.broken(err)
	}
	return nil
}

func (d *decoder) next() (jsontext.Token, error) {
	token, err := d.tokens.ReadToken()
	if err != nil {
		return token, d.broken(err)
	}
	return token, nil
}

// broken is the refusal of what jsontext cannot read. Its own messages quote the JSON.
func (d *decoder) broken(err error) error {
	reason := "it is not JSON"
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		reason = "an object has the same key twice"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		reason = "its JSON ends early"
	}
	if at, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		reason += fmt.Sprintf(", at byte %d", at.ByteOffset)
	}
	return d.invalid(reason)
}

// invalid is the refusal of JSON that is no GraphQL request.
func (d *decoder) invalid(reason string) error {
	return fault.Invalid(`%s is not a valid GraphQL request: %s. Send {"query": "…", "variables": {…}}.`, d.source, reason)
}

// text reads a string; "" for null.
func (d *decoder) text(name string) (string, error) {
	token, err := d.next()
	if err != nil {
		return "", err
	}
	switch token.Kind() {
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindNull:
		return "", nil
	}
	return "", d.invalid(fmt.Sprintf("%q is not a string", name))
}

// object reads an object of values; nil for null.
func (d *decoder) object(name string) (map[string]any, error) {
	token, err := d.next()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case jsontext.KindBeginObject:
		return d.members(0)
	case jsontext.KindNull:
		return nil, nil // as if it were left out
	}
	return nil, d.invalid(fmt.Sprintf("%q is not an object", name))
}

// value reads any value. depth is how many objects and lists are around it, without
// the one of all variables.
func (d *decoder) value(depth int) (any, error) {
	token, err := d.next()
	if err != nil {
		return nil, err
	}
	if d.values++; d.values > d.limits.Values {
		return nil, door.Refuse(door.TooManyValues, int64(d.limits.Values), int64(d.values), "values", "Send them in several requests.")
	}
	switch token.Kind() {
	case jsontext.KindNull:
		return nil, nil
	case jsontext.KindTrue, jsontext.KindFalse:
		return token.Bool(), nil
	case jsontext.KindNumber:
		return d.number(token)
	case jsontext.KindString:
		return d.bounded(token)
	}
	if depth++; depth > d.limits.Depth {
		return nil, door.Refuse(door.TooDeep, int64(d.limits.Depth), int64(depth), "levels in a variable", "Send a flatter value.")
	}
	if token.Kind() == jsontext.KindBeginArray {
		return d.list(depth)
	}
	return d.members(depth)
}

// number keeps a number as it was sent. Reading it into a float would change it.
func (d *decoder) number(token jsontext.Token) (any, error) {
	text := token.String()
	if len(text) > d.limits.NameBytes {
		return nil, door.Refuse(door.NameTooLong, int64(d.limits.NameBytes), int64(len(text)), "bytes in one number", "Send a shorter one.")
	}
	return json.Number(text), nil
}

func (d *decoder) bounded(token jsontext.Token) (any, error) {
	text := token.String()
	if limit := d.limits.StringBytes(); len(text) > limit {
		return nil, door.Refuse(door.StringTooLong, int64(limit), int64(len(text)), "bytes in one string", "Send a shorter one.")
	}
	return text, nil
}

func (d *decoder) list(depth int) (any, error) {
	list := []any{}
	for d.tokens.PeekKind() != jsontext.KindEndArray {
		if len(list) == d.limits.ListItems {
			return nil, door.Refuse(door.ListTooLong, int64(d.limits.ListItems), int64(len(list)+1), "items in one list", "Send them in several requests.")
		}
		item, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := d.next()
	return list, err
}

// members reads an object after its brace.
func (d *decoder) members(depth int) (map[string]any, error) {
	object := map[string]any{}
	for d.tokens.PeekKind() != jsontext.KindEndObject {
		name, err := d.name(len(object))
		if err != nil {
			return nil, err
		}
		if object[name], err = d.value(depth); err != nil {
			return nil, err
		}
	}
	_, err := d.next()
	return object, err
}

// name reads a key of an object that has n before. An object has as many keys as a list
// has items: no input of a schema has more, and jsontext remembers each to know that it
// comes once.
func (d *decoder) name(n int) (string, error) {
	if n == d.limits.ListItems {
		return "", door.Refuse(door.ListTooLong, int64(d.limits.ListItems), int64(n+1), "keys in one object", "Send them in several requests.")
	}
	token, err := d.next()
	if err != nil {
		return "", err
	}
	name := token.String()
	if len(name) > d.limits.NameBytes {
		return "", door.Refuse(door.NameTooLong, int64(d.limits.NameBytes), int64(len(name)), "bytes in one key", "Send a shorter one.")
	}
	return name, nil
}
