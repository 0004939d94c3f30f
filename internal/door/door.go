// Package door decides which GraphQL documents may run. It stands between the
// socket and the first resolver, and every way in uses it.
//
// A document passes these steps, and each is bounded by the one before it:
//
//	text → tokens → tree → expanded fragments → validation → cost
//
// Scanning the text costs nanoseconds a byte, so it may see all of it. The
// parser sees no more tokens than [Limits.Tokens]. Validation sees no more
// selections than the expansion of the fragments has counted. The cost is known
// before any SQL runs. What an operation then does is bounded by a [Budget].
//
// A document that breaks a limit gives a [*Refusal], which says what the limit
// is and what was asked. One that breaks the language gives a gqlerror.List.
package door

import (
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"
)

// Door admits documents to one schema. It is safe for concurrent use.
type Door struct {
	schema  *ast.Schema
	limits  Limits
	options Options
	prices  *prices
	memory  *memory
	reads   atomic.Int64 // texts that were parsed
}

// Options are what a Door does apart from its limits.
type Options struct {
	// Suggest adds "Did you mean …?" to messages. The suggestions are names of
	// the schema, so they belong only where introspection is on.
	Suggest bool
}

// Document is one whose text is admitted. It is read-only: many requests share
// it.
type Document struct {
	// Tree is the parsed document. Its fields know their definitions.
	Tree *ast.QueryDocument
	// Text is what was parsed.
	Text string
	// Hash is the SHA-256 of the text in hexadecimal, and Key the same in binary.
	Hash string
	Key  Key

	expansion *expansion
	plans     map[*ast.OperationDefinition]*lazyPlan
	bytes     int64
}

// New returns a door to the schema. It fails when a @cost or @listSize of the
// schema is wrong.
func New(schema *ast.Schema, limits Limits, options Options) (*Door, error) {
	p, err := readPrices(schema)
	if err != nil {
		return nil, err
	}
	return &Door{schema: schema, limits: limits, options: options, prices: p, memory: newMemory(limits.DocumentCache)}, nil
}

// Limits returns the door's limits.
func (d *Door) Limits() Limits { return d.limits }

// Known returns the document of a text if it is in memory.
func (d *Door) Known(text string) (*Document, bool) { return d.memory.get(KeyOf(text)) }

// KnownByKey returns the document with a key if it is in memory: without its text.
func (d *Door) KnownByKey(k Key) (*Document, bool) { return d.memory.get(k) }

// Reads is how many texts the door has parsed, also those that it refused then.
func (d *Door) Reads() int64 { return d.reads.Load() }

// Document returns the document of a text, from memory or by reading it. Its
// error is a *Refusal, or a gqlerror.List of at most Limits.Errors errors.
func (d *Door) Document(text string) (*Document, error) {
	k := KeyOf(text)
	if doc, ok := d.memory.get(k); ok {
		return doc, nil
	}
	doc, err := d.read(text)
	if err != nil {
		return nil, err
	}
	doc.Key, doc.Hash = k, k.String()
	d.memory.put(k, doc)
	return doc, nil
}

// read takes a text through the steps up to validation.
func (d *Door) read(text string) (*Document, error) {
	if err := d.scan(text); err != nil {
		return nil, err
	}
	d.reads.Add(1)
	tree, err := parse(text)
	if err != nil {
		return nil, err
	}
	x, err := d.expand(tree)
	if err != nil {
		return nil, err
	}
	if err := d.validate(x); err != nil {
		return nil, err
	}
	inlineDeferred(tree)
	doc := &Document{Tree: tree, Text: text, expansion: x, plans: make(map[*ast.OperationDefinition]*lazyPlan, len(tree.Operations))}
	for _, operation := range tree.Operations {
		doc.plans[operation] = &lazyPlan{}
	}
	held, plans := sizeOf(doc)
	doc.bytes = held + plans
	return doc, nil
}
