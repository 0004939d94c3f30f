package executor

import "sync"

// memory is what a run has while it runs. It is kept with the plan, so that the next run of
// the operation finds each slice in the size that it needs. What a run has put into it is
// cleared before.
type memory struct {
	root    *batch
	level   []*batch // that is followed or resolved now
	calls   []call   // of the level's resolvers
	others  sync.WaitGroup
	writing writing
}

// maxKept is how many bytes are kept of a run: those of 20,000 objects. The garbage collector
// frees them when no run of the plan has needed them for a while.
const maxKept = 1 << 20

// What an object and a token have in a batch.
const (
	objectBytes = 16
	tokenBytes  = 4
)

// begin returns the memory for a run.
func (p *plan) begin() *memory {
	if kept, ok := p.kept.Get().(*memory); ok {
		return kept
	}
	return &memory{root: &batch{selection: p.root, objects: []any{nil}}}
}

// end keeps the memory of a run. Nobody else has a part of it: resolvers have copies of the
// parents, and all of them have returned.
func (p *plan) end(m *memory) {
	size := m.root.forget()
	m.root.objects = append(m.root.objects, nil)
	m.writing = writing{path: m.writing.path[:0]}
	if size <= maxKept {
		p.kept.Put(m)
	}
}

// forget clears the objects of a batch and all that is below, and returns how many bytes
// there are for objects and values.
func (b *batch) forget() (size int) {
	room := cap(b.objects)
	clear(b.objects[:room]) // also those that were cut
	b.objects, b.next = b.objects[:0], 0
	size = room * objectBytes
	for i := range b.columns {
		c := &b.columns[i]
		size += c.values.forget()
		*c = column{values: c.values}
	}
	return size
}

func (v *Values) forget() (size int) {
	size = cap(v.tokens) * tokenBytes
	for _, b := range v.batches {
		if b != nil {
			size += b.forget()
		}
	}
	*v = Values{field: v.field, tokens: v.tokens[:0], batches: v.batches}
	return size
}
