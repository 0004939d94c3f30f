package documents

import (
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/internal/door"
	"souk/internal/fault"
)

// Reading is what a document is that somebody wants to register.
type Reading struct {
	// Name is its ID, normalized.
	Name string
	// Hash is that of its text in hexadecimal.
	Hash string
	// Operations are the names of its operations, without those that have none.
	Operations []string
}

// Read takes a document to the door that it will have to pass, and normalizes its ID; "" is
// that of its hash. Its error is a *fault.Rejection at "text" or "documentId". What a
// document costs depends on its variables, and is known when it runs.
func Read(guard *door.Door, id, text string) (Reading, error) {
	var problems fault.Problems
	reading := Reading{Name: HashOf(text), Hash: HashOf(text)}
	if id != "" {
		name, err := Normalize(id)
		f, _ := errors.AsType[*fault.Error](err)
		switch {
		case f != nil:
			problems.Add(fault.ReasonInvalid, "documentId", "%s", f.Message)
		case IsSHA256(name) && name != reading.Hash:
			problems.Add(fault.ReasonInvalid, "documentId", "it is a SHA-256, and not that of the text; send the text as its tool wrote it, or another ID")
		}
		reading.Name = name
	}
	document, err := guard.Document(text)
	if err != nil {
		problems.Add(fault.ReasonInvalid, "text", "%s", Complaint(err))
		return reading, problems.Err()
	}
	if len(document.Tree.Operations) == 0 {
		problems.Add(fault.ReasonInvalid, "text", "it has no operation; send its fragments together with the operation that uses them")
	}
	for _, operation := range document.Tree.Operations {
		if operation.Name != "" {
			reading.Operations = append(reading.Operations, operation.Name)
		}
	}
	return reading, problems.Err()
}

// Complaint returns the first thing that the door found wrong with a document, with its
// place in the text.
func Complaint(err error) string {
	if refusal, ok := errors.AsType[*door.Refusal](err); ok {
		return refusal.Message
	}
	var list gqlerror.List
	if !errors.As(err, &list) || len(list) == 0 {
		return "it cannot be read"
	}
	message := list[0].Message
	if len(list[0].Locations) > 0 {
		at := list[0].Locations[0]
		message = fmt.Sprintf("line %d, column %d: %s", at.Line, at.Column, message)
	}
	if more := len(list) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return message
}
