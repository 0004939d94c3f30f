// Package documents knows the GraphQL documents that clients name instead of sending
// their text, and counts who uses which.
//
// There are two kinds. A trusted document was pushed by somebody who builds an app:
// it stays until it is removed, and has the ID that the app's tool gave it. An
// automatic one was registered by a client that sent its text with its hash (Apollo's
// automatic persisted queries): it stays while it is used and there is room.
//
//	Identify   which document a request names, in all forms that clients have
//	Library    Find the text of a name, Register a text that has passed the door
//	Usage      who used which document, counted in memory and written in the background
//
// The parsed form of a document is the door's. A Library only says which text, by its
// hash, a name stands for, so that a name that is known costs no parse, no validation
// and no statement.
package documents

import "slices"

// Mode says which documents run.
type Mode string

// The modes.
const (
	// Off knows no documents: a request has to send its text.
	Off Mode = "off"
	// APQ runs texts, trusted documents and automatic ones.
	APQ Mode = "apq"
	// Prefer runs what APQ does, and marks and counts what Only would refuse.
	Prefer Mode = "prefer"
	// Only runs trusted documents.
	Only Mode = "only"
)

// Modes returns all modes.
func Modes() []Mode { return []Mode{Off, APQ, Prefer, Only} }

// Valid reports whether it is a mode.
func (m Mode) Valid() bool { return slices.Contains(Modes(), m) }

// Code is the extensions.code of a refusal.
type Code string

// The codes. The first two are those of Apollo's protocol.
const (
	// NotFound: the document is not known; register it.
	NotFound Code = "PERSISTED_QUERY_NOT_FOUND"
	// NotSupported: this server knows no documents; send the text.
	NotSupported Code = "PERSISTED_QUERY_NOT_SUPPORTED"
	// NotTrusted: this server runs trusted documents only. It must not be NotFound, on
	// which clients send the text once more.
	NotTrusted Code = "DOCUMENT_NOT_TRUSTED"
	// Mismatch: the hash is that of another text.
	Mismatch Code = "BAD_USER_INPUT"
)

// Codes returns the codes that no other package has.
func Codes() []Code { return []Code{NotFound, NotSupported, NotTrusted} }

// Refusal says why no document runs. Clients compare the messages of the protocol
// with their own, so that they have no full stop.
type Refusal struct {
	Code    Code
	Message string
}

// Error returns the code and the message.
func (r *Refusal) Error() string { return string(r.Code) + ": " + r.Message }

var (
	errNotFound     = &Refusal{NotFound, "PersistedQueryNotFound"}
	errNotSupported = &Refusal{NotSupported, "PersistedQueryNotSupported"}
	errNotTrusted   = &Refusal{NotTrusted, "This server runs registered documents only. Send the ID of one, and register new ones with souk documents push."}
	errMismatch     = &Refusal{Mismatch, "provided sha does not match query"}
)
