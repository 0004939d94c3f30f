package documents

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"souk/internal/fault"
)

// Sent is what a request says about its document. A field that it does not have is "".
type Sent struct {
	// Text is the document itself.
	Text string
	// Path is the ID in the address: /graphql/<id>.
	Path string
	// DocumentID, DocID and ID are the request's documentId, doc_id and id.
	DocumentID, DocID, ID string
	// Extensions are the request's, of which persistedQuery is read.
	Extensions map[string]any
}

// Reference is the name by which a request asks for a document. The zero value is
// that of a request which names none.
type Reference struct {
	// ID is the name in the form in which it is kept: see Normalize. "": none.
	ID string
	// Automatic means that the request may register its text under the ID.
	Automatic bool
}

// MaxIDBytes is the longest ID. Those of known tools have up to 71 bytes.
const MaxIDBytes = 256

// hashPrefix is before a hash in the IDs of code generators and of the draft for
// persisted documents.
const hashPrefix = "sha256:"

// Normalize returns the form in which an ID is kept: a SHA-256, with or without its
// prefix and in either case, is 64 lower-case digits, and so are the shorter hashes of
// Relay. Any other ID is kept as it is. Its error says what an ID must be.
func Normalize(id string) (string, error) {
	digits, prefixed := id, false
	if len(id) > len(hashPrefix) && strings.EqualFold(id[:len(hashPrefix)], hashPrefix) {
		digits, prefixed = id[len(hashPrefix):], true
	}
	switch {
	case prefixed && len(digits) != hex.EncodedLen(sha256.Size) || prefixed && !isHex(digits):
		return "", fault.Invalid("The document's ID begins with `sha256:` and is no hash. 64 hexadecimal digits must follow.")
	case isHash(digits):
		return strings.ToLower(digits), nil
	case len(id) > MaxIDBytes:
		return "", fault.Invalid("The document's ID has %d bytes; the limit is %d.", len(id), MaxIDBytes)
	case !utf8.ValidString(id): // in a path; Postgres would refuse all names that are asked for together
		return "", fault.Invalid("The document's ID is not valid UTF-8. Send the ID that the document was registered with.")
	case strings.ContainsFunc(id, unicode.IsControl):
		return "", fault.Invalid("The document's ID has a control character. Send the ID that the document was registered with.")
	}
	return id, nil
}

// isHash reports whether an ID is one of the hashes that tools make: MD5, SHA-1 or
// SHA-256.
func isHash(id string) bool {
	switch len(id) {
	case 32, 40, 64:
		return isHex(id)
	}
	return false
}

func isHex(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// IsSHA256 reports whether a normalized ID is the hash of its document's text.
func IsSHA256(id string) bool { return len(id) == hex.EncodedLen(sha256.Size) && isHex(id) }

// HashOf returns the SHA-256 of a text in hexadecimal.
func HashOf(text string) string {
	sum := sha256.Sum256(unsafe.Slice(unsafe.StringData(text), len(text)))
	return hex.EncodeToString(sum[:])
}

// Identify returns the document that a request names. Its error is a *fault.Error for
// a request that is wrong, or that names two documents, and a *Refusal for a hash that
// is not that of the text.
func Identify(s Sent) (Reference, error) {
	automatic, err := persistedQuery(s.Extensions)
	if err != nil {
		return Reference{}, err
	}
	ref := Reference{Automatic: automatic != ""}
	for _, id := range [...]string{s.Path, s.DocumentID, s.DocID, s.ID, automatic} {
		if id == "" {
			continue
		}
		if id, err = Normalize(id); err != nil {
			return Reference{}, err
		}
		if ref.ID != "" && ref.ID != id {
			return Reference{}, fault.Invalid("The request names two documents. Send one of `documentId`, `doc_id`, `id` and `extensions.persistedQuery`, or the same ID in each.")
		}
		ref.ID = id
	}
	if s.Text != "" && IsSHA256(ref.ID) && ref.ID != HashOf(s.Text) {
		return Reference{}, errMismatch
	}
	return ref, nil
}

// persistedQuery returns the hash in the extension of automatic persisted queries; ""
// if there is none.
func persistedQuery(extensions map[string]any) (string, error) {
	value := extensions["persistedQuery"]
	if value == nil {
		return "", nil
	}
	const form = `Send {"persistedQuery": {"version": 1, "sha256Hash": "…"}}.`
	members, ok := value.(map[string]any)
	if !ok {
		return "", fault.Invalid("The extension `persistedQuery` is not an object. " + form)
	}
	if version, ok := members["version"].(json.Number); !ok || version != "1" {
		return "", fault.Invalid("The `version` of the extension `persistedQuery` is not 1, the only one that there is. " + form)
	}
	hash, _ := members["sha256Hash"].(string)
	if hash == "" {
		return "", fault.Invalid("The extension `persistedQuery` has no `sha256Hash`. " + form)
	}
	return hash, nil
}
