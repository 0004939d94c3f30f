package executor

import "slices"

// Watcher is told what a run does.
type Watcher interface {
	// Level is called when a level begins, before its resolvers are called, with their
	// fields. The root fields of a mutation are a level each.
	Level(fields []LevelField)
}

// LevelField is a field whose resolver is called with the parents of a level.
type LevelField struct {
	// Path has the names in the answer from the root to the field, without indexes.
	Path []string
	// Field is the field with its object type: "Product.vendor".
	Field   string
	Parents int
}

// tell tells the watcher of the resolvers of a level. One that nobody may read is not called.
func (r *run) tell(calls []call) {
	if r.watch == nil {
		return
	}
	var fields []LevelField
	for _, c := range calls {
		column, f := c.column(), c.field()
		if column.err != nil {
			continue
		}
		if parents := len(column.parents(c.batch.objects)); parents > 0 {
			fields = append(fields, LevelField{f.path(), f.object + "." + f.collected.Name, parents})
		}
	}
	if len(fields) > 0 {
		r.watch.Level(fields)
	}
}

// path has the names in the answer from the root to the field.
func (f *field) path() (names []string) {
	for ; f != nil; f = f.above {
		names = append(names, f.collected.Alias)
	}
	slices.Reverse(names)
	return names
}
