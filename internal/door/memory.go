package door

import (
	"crypto/sha256"
	"encoding/hex"
	"unsafe"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// largestShare is the part of the memory that one document may take.
const largestShare = 64

// memory keeps parsed documents within a number of bytes.
//
// otter admits by frequency (W-TinyLFU): a document that was not asked for more
// often than the one that it would replace is forgotten soon. So a flood of new
// documents does not evict those that apps use.
type memory struct {
	cache   *otter.Cache[Key, *Document]
	largest int64
}

// Key names a document: the SHA-256 of its text.
type Key [sha256.Size]byte

// KeyOf returns the key of a text.
func KeyOf(text string) Key { return sha256.Sum256(unsafe.Slice(unsafe.StringData(text), len(text))) }

// String returns the key in hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

func newMemory(bytes int64) *memory {
	if bytes <= 0 {
		return &memory{}
	}
	return &memory{
		largest: bytes / largestShare,
		cache: otter.Must(&otter.Options[Key, *Document]{
			MaximumWeight: uint64(bytes),
			Weigher:       func(_ Key, doc *Document) uint32 { return uint32(doc.bytes) },
		}),
	}
}

func (m *memory) get(k Key) (*Document, bool) {
	if m.cache == nil {
		return nil, false
	}
	return m.cache.GetIfPresent(k)
}

func (m *memory) put(k Key, doc *Document) {
	if m.cache != nil && doc.bytes <= m.largest {
		m.cache.Set(k, doc)
	}
}

// sizeOf estimates the bytes that a document holds: its text, its tree and its
// plans, and those of the plans that the executor makes of it.
func sizeOf(doc *Document) (held, plans int64) {
	s := sizer{text: doc.Text, bytes: heap(len(doc.Text)) + heap(unsafe.Sizeof(*doc)) + heap(unsafe.Sizeof(*doc.Tree))}
	for _, operation := range doc.Tree.Operations {
		s.bytes += heap(unsafe.Sizeof(*operation)) + position
		for _, variable := range operation.VariableDefinitions {
			s.bytes += heap(unsafe.Sizeof(*variable)+unsafe.Sizeof(*variable.Type)) + pointer + position
			s.value(variable.DefaultValue)
			s.directives(variable.Directives)
		}
		s.directives(operation.Directives)
		s.selections(operation.SelectionSet)
	}
	for _, fragment := range doc.Tree.Fragments {
		s.bytes += heap(unsafe.Sizeof(*fragment)) + pointer + position
		s.directives(fragment.Directives)
		s.selections(fragment.SelectionSet)
	}
	// A plan has a field for each selection of the expanded operation, at most.
	s.bytes += heap(doc.expansion.selected) * perPlanned
	s.bytes += heap(len(doc.expansion.fragments)) * heap(unsafe.Sizeof(fragment{}))
	return int64(s.bytes), int64(s.plans)
}

// sizer adds up the bytes of a document with a text.
type sizer struct {
	text  string
	bytes heap
	plans heap // of the executor
}

// heap is a number of bytes.
type heap int64

const (
	pointer = heap(unsafe.Sizeof(uintptr(0)))
	// interfaces is an element of a selection set; append doubles a slice, so half
	// as much again is unused on average.
	interfaces = 3 * pointer
	position   = heap(unsafe.Sizeof(ast.Position{}))
	comment    = heap(unsafe.Sizeof(ast.CommentGroup{}))
	// perPlanned is a planned field, its place among its siblings and its place in
	// the map.
	perPlanned = heap(unsafe.Sizeof(planned{})) + 6*pointer
	// perRun is a field in the plan of the executor, which is kept as long as the document.
	perRun = 40 * pointer
)

func (s *sizer) selections(set ast.SelectionSet) {
	for _, selection := range set {
		s.bytes += interfaces + position + comment
		switch selection := selection.(type) {
		case *ast.Field:
			s.bytes += heap(unsafe.Sizeof(*selection))
			s.plans += perRun
			for _, argument := range selection.Arguments {
				s.argument(argument)
			}
			s.directives(selection.Directives)
			s.selections(selection.SelectionSet)
		case *ast.InlineFragment:
			s.bytes += heap(unsafe.Sizeof(*selection))
			s.directives(selection.Directives)
			s.selections(selection.SelectionSet)
		case *ast.FragmentSpread:
			s.bytes += heap(unsafe.Sizeof(*selection))
			s.directives(selection.Directives)
		}
	}
}

func (s *sizer) directives(list ast.DirectiveList) {
	for _, directive := range list {
		s.bytes += heap(unsafe.Sizeof(*directive)) + pointer + position
		for _, argument := range directive.Arguments {
			s.argument(argument)
		}
	}
}

func (s *sizer) argument(argument *ast.Argument) {
	s.bytes += heap(unsafe.Sizeof(*argument)) + pointer + position + comment
	s.value(argument.Value)
}

func (s *sizer) value(value *ast.Value) {
	if value == nil {
		return
	}
	s.bytes += heap(unsafe.Sizeof(*value)) + position
	if !s.within(value.Raw) { // a block string or one with escapes
		s.bytes += heap(len(value.Raw))
	}
	for _, child := range value.Children {
		s.bytes += heap(unsafe.Sizeof(*child)) + pointer + position + comment
		s.value(child.Value)
	}
}

// within reports whether a string is a part of the text, and so takes no memory.
func (s *sizer) within(part string) bool {
	begins := uintptr(unsafe.Pointer(unsafe.StringData(s.text)))
	at := uintptr(unsafe.Pointer(unsafe.StringData(part)))
	return at >= begins && at < begins+uintptr(len(s.text))
}
