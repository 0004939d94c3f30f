package explain

import (
	"cmp"
	"slices"
)

// Answer is the extension explain.
type Answer struct {
	// Levels are those of the execution, in their order. gqlgen's own executor has none.
	Levels []Level `json:"levels"`
	Reads          // outside of levels

	Statements []Statement `json:"statements"`
	Totals     Totals      `json:"totals"`
	// Truncated means that a part did not fit, and is left out with all that came later.
	// Totals have everything.
	Truncated bool `json:"truncated,omitempty"`
}

// Level is a level of the execution: the resolvers that ran at the same time.
type Level struct {
	Fields []Field `json:"fields"`
	Reads
}

// Field is a field that was resolved for all its parents at once.
type Field struct {
	// Path has the names in the answer from the root to the field: "products.nodes.vendor".
	Path string `json:"path"`
	// Field is the name in the schema: "Product.vendor".
	Field   string `json:"field"`
	Parents int    `json:"parents"`
}

// Reads are how resolvers got their data.
type Reads struct {
	Memory []Known `json:"memory,omitempty"`
	Rounds []Round `json:"rounds,omitempty"`
}

// sort orders what was loaded by fields that ran at the same time.
func (r *Reads) sort() {
	slices.SortFunc(r.Memory, func(a, b Known) int { return cmp.Compare(a.Read, b.Read) })
}

// Known are keys of a read whose values the response had already.
type Known struct {
	Read string `json:"read"`
	Keys int    `json:"keys"`
}

// Round are reads that were made at once.
type Round struct {
	Millis  float64 `json:"ms"`
	Batches []Batch `json:"batches"`
}

// Batch is a read of many keys.
type Batch struct {
	// Read is the name of the store's method: "ProductsByIDs".
	Read string `json:"read"`
	// Keys are distinct.
	Keys int `json:"keys"`
	// Objects are what was found: one for a key, or each item of its list.
	Objects int     `json:"objects"`
	Millis  float64 `json:"ms"`
	// Cache says where the values came from; nil if caches were not asked.
	Cache *Tiers `json:"cache,omitempty"`
	// Error is the code of why there are no values.
	Error string `json:"error,omitempty"`
}

// Tiers are keys of a read by where their values came from: each is in one of the first four.
type Tiers struct {
	Memory int `json:"memory"`
	Redis  int `json:"redis"`
	// Shared are those that another response, or another instance, was reading.
	Shared   int `json:"shared"`
	Database int `json:"database"`
	// Refused are those that a database had, and that caches did not keep, because they may be
	// missing a change.
	Refused int `json:"refused"`
}

func (t *Tiers) add(other *Tiers) {
	t.Memory += other.Memory
	t.Redis += other.Redis
	t.Shared += other.Shared
	t.Database += other.Database
	t.Refused += other.Refused
}

// Statement is an SQL statement with its runs.
type Statement struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Runs []Run  `json:"runs"`
}

// Run is a run of a statement.
type Run struct {
	// Level is the number of the level that was running, from 1; 0 for none.
	Level int `json:"level,omitempty"`
	// Server is the name of the pool, as in metrics: "primary", "replica-1", …
	Server string  `json:"server"`
	Rows   int64   `json:"rows"`
	Millis float64 `json:"ms"`
	// Error is the SQLSTATE, or a word for an error that is not the database's.
	Error string `json:"error,omitempty"`
}

// Totals are sums over the operation.
type Totals struct {
	Levels  int `json:"levels"`
	Rounds  int `json:"rounds"`
	Batches int `json:"batches"`
	// Keys are those that were read; Memory are those that the response had already.
	Keys       int `json:"keys"`
	Memory     int `json:"memory"`
	Statements int `json:"statements"`
	// Cache is nil if caches were never asked.
	Cache *Tiers `json:"cache,omitempty"`
	// ReadMillis is the time of all rounds.
	ReadMillis float64 `json:"readMs"`
}
