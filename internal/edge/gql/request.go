package gql

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-json-experiment/json/jsontext"

	"souk/internal/documents"
	"souk/internal/door"
	"souk/internal/edge/reply"
	"souk/internal/fault"
)

// request is what a client asks for: a text, the name of a document, or both.
type request struct {
	graphql.RawParams
	names     documents.Sent // but for the text and the extensions
	reference documents.Reference
}

// parameters are the names of what a request has, in a body and in an address. Other
// names are ignored, since clients send more.
var parameters = []string{"query", "operationName", "variables", "extensions", "documentId", "doc_id", "id"}

// unread is a request that could not be read, and the kind of its answer.
type unread struct {
	kind reply.Kind
	error
}

// readRequest reads what a request asks for: from the body of a POST, or from the
// address of a GET.
func readRequest(r *http.Request, limits door.Limits) (*request, *unread) {
	var params *request
	var err error
	if r.Method == http.MethodGet {
		if size := int64(len(r.URL.RawQuery)); size > limits.BodyBytes {
			return nil, &unread{reply.BodyTooLarge, reply.TooLarge(limits.BodyBytes, size)}
		}
		params, err = readAddress(r.URL.RawQuery, limits)
	} else if err = onlyInBody(r.URL.RawQuery); err == nil {
		d := newDecoder(limits)
		defer d.end()
		if failed := d.readBody(r); failed != nil {
			return nil, failed
		}
		params, err = d.request()
	}
	if err == nil {
		err = params.identify(r)
	}
	if err != nil {
		return nil, &unread{kindOfUnread(err), err}
	}
	if limit, size := limits.NameBytes, len(params.OperationName); size > limit {
		// No operation of a document has such a name, and what says so would read all of it.
		return nil, &unread{reply.LimitRefused, door.Refuse(door.NameTooLong, int64(limit), int64(size), "bytes in the name of its operation", "Send a shorter one.")}
	}
	params.Headers = r.Header
	return params, nil
}

// identify reads which document the request names, also in its path:
// /graphql/<id>/<operation>.
func (r *request) identify(from *http.Request) (err error) {
	sent := r.names
	sent.Path, sent.Text, sent.Extensions = from.PathValue("document"), r.Query, r.Extensions
	if r.reference, err = documents.Identify(sent); err != nil {
		return err
	}
	if operation := from.PathValue("operation"); operation != "" {
		if r.OperationName != "" && r.OperationName != operation {
			return fault.Invalid("The address and `operationName` name two operations. Send one of them.")
		}
		r.OperationName = operation
	}
	if r.Query == "" && r.reference.ID == "" {
		return fault.Invalid("The request has no `query` and no `documentId`. Send a text, {\"query\": \"{ … }\"} or ?query={…}, or the ID of a registered document.")
	}
	return nil
}

// onlyInBody refuses a POST whose address has a document too: what is in front of this
// server may look at that one, and the server runs the other. Other parameters, such as
// the name of an operation for somebody's log, do no harm.
func onlyInBody(address string) error {
	if !strings.Contains(address, "=") {
		return nil
	}
	parameters, err := url.ParseQuery(address)
	if err != nil || slices.ContainsFunc([]string{"query", "variables", "extensions", "documentId", "doc_id"}, parameters.Has) {
		return fault.Invalid("The address of a POST has parameters of a query. Send them in the body, or send a GET.")
	}
	return nil
}

func kindOfUnread(err error) reply.Kind {
	if kind, ok := kindOfName(err); ok {
		return kind
	}
	if _, refused := errors.AsType[*door.Refusal](err); refused {
		return reply.LimitRefused
	}
	return reply.BadRequest
}

// firstRead is how much memory a body gets before any of it is there. A client that
// states a large size and sends nothing must not take that much.
const firstRead = 16 << 10

// readBody reads a whole body. The edge has refused one that states a larger size.
func (d *decoder) readBody(r *http.Request) *unread {
	limit := d.limits.BodyBytes
	d.body = io.LimitedReader{R: r.Body, N: limit + 1}
	d.json.Grow(int(min(max(r.ContentLength, 0), firstRead)) + bytes.MinRead)
	size, err := d.json.ReadFrom(&d.body)
	if err != nil {
		kind, refusal := reply.Unread(err)
		return &unread{kind, refusal}
	}
	if size > limit {
		return &unread{reply.BodyTooLarge, reply.TooLarge(limit, size)}
	}
	return nil
}

// request reads the text of a body.
func (d *decoder) request() (*request, error) {
	if err := d.open("The request body"); err != nil {
		return nil, err
	}
	token, err := d.next()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case jsontext.KindBeginObject:
	case jsontext.KindBeginArray:
		return nil, fault.Invalid("The request body is a list. Batching is off: send one request for each operation; over HTTP/2 they share a connection.")
	default:
		return nil, d.invalid("it is not an object")
	}
	params := &request{}
	for n := 0; d.tokens.PeekKind() != jsontext.KindEndObject; n++ {
		if err := d.parameter(params, n); err != nil {
			return nil, err
		}
	}
	if _, err := d.next(); err != nil {
		return nil, err
	}
	if err := d.close(); err != nil {
		return nil, err
	}
	return params, nil
}

// parameter reads one key of the body with its value, after n others.
func (d *decoder) parameter(params *request, n int) error {
	name, err := d.name(n)
	if err != nil {
		return err
	}
	switch name {
	case "query":
		params.Query, err = d.text(name)
	case "operationName":
		params.OperationName, err = d.text(name)
	case "variables":
		params.Variables, err = d.object(name)
	case "extensions":
		params.Extensions, err = d.object(name)
	case "documentId":
		params.names.DocumentID, err = d.text(name)
	case "doc_id":
		params.names.DocID, err = d.text(name)
	case "id":
		var id any
		id, err = d.value(0)
		params.names.ID, _ = id.(string) // a number is somebody's own, as other names are
	default:
		if err = exactCase(d.source, name); err == nil {
			_, err = d.value(0)
		}
	}
	return err
}

func readAddress(query string, limits door.Limits) (*request, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fault.Invalid("The address's query string is not valid. Encode each of its values for a URL.")
	}
	for name := range values {
		if err := exactCase("The address", name); err != nil {
			return nil, err
		}
	}
	for _, name := range parameters {
		switch given := values[name]; {
		case len(given) > 1:
			return nil, fault.Invalid("The address has the parameter `%s` twice. Send it once.", name)
		case len(given) == 1 && !utf8.ValidString(given[0]):
			return nil, fault.Invalid("The parameter `%s` is not valid UTF-8.", name)
		}
	}
	params := &request{
		RawParams: graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")},
		names:     documents.Sent{DocumentID: values.Get("documentId"), DocID: values.Get("doc_id"), ID: values.Get("id")},
	}
	d := newDecoder(limits)
	defer d.end()
	if params.Variables, err = d.addressed(values, "variables"); err != nil {
		return nil, err
	}
	if params.Extensions, err = d.addressed(values, "extensions"); err != nil {
		return nil, err
	}
	return params, nil
}

// addressed reads a parameter of an address whose text is a JSON object.
func (d *decoder) addressed(values url.Values, name string) (map[string]any, error) {
	text := values.Get(name)
	if text == "" {
		return nil, nil // the parameter is optional
	}
	d.json.Reset()
	d.json.WriteString(text)
	if err := d.open("The parameter `" + name + "`"); err != nil {
		return nil, err
	}
	object, err := d.object(name)
	if err != nil {
		return nil, err
	}
	return object, d.close()
}

// exactCase refuses a name that differs from one of ours only in its case. A filter in
// front of this server may see another parameter than a server that reads both.
func exactCase(source, name string) error {
	for _, known := range parameters {
		if name != known && strings.EqualFold(name, known) {
			return fault.Invalid("%s has the key `%s` in another case. Write it exactly so.", source, known)
		}
	}
	return nil
}
