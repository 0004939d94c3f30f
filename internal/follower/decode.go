package follower

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pglogrepl"

	"souk/internal/coherence"
)

// mostTags is how many tags a transaction moves at most. One with more moves the generations
// of its tables: a message stays below 2 KB for each commit, and an instance does not spend
// its time on a bulk load.
const mostTags = 500

// Prefixes of the messages that a follower writes to the log.
const (
	beatPrefix  = "souk.beat"
	epochPrefix = "souk.epoch"
)

// decoder makes transactions of the messages of pgoutput.
type decoder struct {
	relations map[uint32]*relation
	current   *transaction // nil between two transactions
}

func newDecoder() *decoder { return &decoder{relations: map[uint32]*relation{}} }

// transaction is what a committed transaction has changed.
type transaction struct {
	xid         uint32
	end         coherence.Position
	tags        map[coherence.Tag]struct{}
	generations map[coherence.Tag]struct{} // of all tables that it changed
	whole       map[coherence.Tag]struct{} // of tables whose rows cannot be told
	bulk        bool                       // what it changed is told by generations

	beat, epoch string // the contents of the messages with these prefixes
}

func newTransaction(xid uint32) *transaction {
	return &transaction{
		xid: xid, tags: map[coherence.Tag]struct{}{},
		generations: map[coherence.Tag]struct{}{}, whole: map[coherence.Tag]struct{}{},
	}
}

// take takes a message. It returns the transaction that the message ends, or nil.
func (d *decoder) take(data []byte) (*transaction, error) {
	if len(data) == 0 {
		return nil, errors.New("an empty message in the log")
	}
	parsed, err := pglogrepl.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse a message of pgoutput: %w", err)
	}
	switch m := parsed.(type) {
	case *pglogrepl.RelationMessage:
		d.relations[m.RelationID] = newRelation(m)
		return nil, nil
	case *pglogrepl.BeginMessage:
		d.current = newTransaction(m.Xid)
		return nil, nil
	case *pglogrepl.TypeMessage, *pglogrepl.OriginMessage:
		return nil, nil
	}
	if d.current == nil {
		return nil, fmt.Errorf("a %s outside of a transaction", parsed.Type())
	}
	if m, ok := parsed.(*pglogrepl.CommitMessage); ok {
		ended := d.current
		d.current, ended.end = nil, coherence.Position(m.TransactionEndLSN)
		return ended, nil
	}
	return nil, d.within(parsed)
}

// within takes a message within a transaction.
func (d *decoder) within(parsed pglogrepl.Message) error {
	tx := d.current
	switch m := parsed.(type) {
	case *pglogrepl.InsertMessage:
		return d.row(m.RelationID, change{after: m.Tuple})
	case *pglogrepl.UpdateMessage:
		return d.row(m.RelationID, change{before: m.OldTuple, after: m.NewTuple, updates: true})
	case *pglogrepl.DeleteMessage:
		return d.row(m.RelationID, change{before: m.OldTuple})
	case *pglogrepl.TruncateMessage:
		tx.overflow()
		for _, id := range m.RelationIDs {
			r, ok := d.relations[id]
			if !ok {
				return fmt.Errorf("a truncation of the unknown relation %d", id)
			}
			tx.generations[r.generation] = struct{}{}
		}
	case *pglogrepl.LogicalDecodingMessage:
		switch m.Prefix {
		case beatPrefix:
			tx.beat = string(m.Content)
		case epochPrefix:
			tx.epoch = string(m.Content)
		}
	default:
		return fmt.Errorf("an unexpected %s in the log", parsed.Type())
	}
	return nil
}

func (d *decoder) row(id uint32, c change) error {
	r, ok := d.relations[id]
	if !ok {
		return fmt.Errorf("a row of the unknown relation %d", id)
	}
	d.current.generations[r.generation] = struct{}{}
	if !r.told {
		d.current.whole[r.generation] = struct{}{}
		return nil
	}
	if !d.current.bulk {
		r.tag(d.current, c)
	}
	return nil
}

func (tx *transaction) add(tag coherence.Tag) {
	if tx.bulk {
		return
	}
	if tx.tags[tag] = struct{}{}; len(tx.tags) > mostTags {
		tx.overflow()
	}
}

func (tx *transaction) overflow() { tx.bulk, tx.tags = true, nil }

// moved returns the tags that the transaction moves, in any order. They are none if it only
// has messages.
func (tx *transaction) moved() []coherence.Tag {
	sets := []map[coherence.Tag]struct{}{tx.tags, tx.whole}
	if tx.bulk {
		sets = []map[coherence.Tag]struct{}{tx.generations}
	}
	moved := make([]coherence.Tag, 0, len(sets[0])+len(tx.whole))
	for _, set := range sets {
		for tag := range set {
			moved = append(moved, tag)
		}
	}
	return moved
}

// relation is a table of the publication as it was when a transaction changed it.
type relation struct {
	generation coherence.Tag
	told       bool // its rows have tags
	taggings   []boundTagging
}

// boundTagging is a tagging with the place of its column; constant is the tag of one without.
type boundTagging struct {
	tagging
	at       int
	constant coherence.Tag
}

// newRelation returns a relation. A table that is not in the list, or lacks one of the columns,
// has only its generation.
func newRelation(m *pglogrepl.RelationMessage) *relation {
	list, known := taggings[m.RelationName]
	r := &relation{generation: generation(m.RelationName), told: known}
	at := map[string]int{}
	for i, column := range m.Columns {
		at[column.Name] = i
	}
	for _, t := range list {
		bound := boundTagging{tagging: t}
		if t.column == "" {
			bound.constant = coherence.TagOf(t.what, "")
		} else if i, ok := at[t.column]; ok {
			bound.at = i
		} else {
			r.told = false
		}
		r.taggings = append(r.taggings, bound)
	}
	return r
}

// change is a changed row. before is nil for a new row, and for one whose key stays the same if
// only keys are logged; after is nil for one that is gone.
type change struct {
	before, after *pglogrepl.TupleData
	updates       bool
}

// tag adds the tags that a changed row moves.
func (r *relation) tag(tx *transaction, c change) {
	for i := range r.taggings {
		t := &r.taggings[i]
		if t.column == "" {
			tx.add(t.constant)
			continue
		}
		before, was := t.key(c.before)
		after, is := t.key(c.after)
		stays := c.updates && (!was || is && before == after)
		if t.moves && stays {
			continue
		}
		if was {
			tx.add(coherence.TagOf(t.what, before))
		}
		if is && !(was && before == after) {
			tx.add(coherence.TagOf(t.what, after))
		}
	}
}

// key returns the key of the tag that a row has. There is none if the column is NULL, or not
// logged.
func (t *boundTagging) key(row *pglogrepl.TupleData) (string, bool) {
	if row == nil || t.at >= len(row.Columns) {
		return "", false
	}
	column := row.Columns[t.at]
	switch {
	case column.DataType == pglogrepl.TupleDataTypeNull && t.roots:
		return "", true
	case column.DataType != pglogrepl.TupleDataTypeText:
		return "", false
	case t.text:
		return string(column.Data), true
	}
	return rawUUID(column.Data), true
}

// rawUUID returns the 16 bytes of a UUID in Postgres' text form. Of any other text it returns
// the text: then the tag is at least of this row alone.
func rawUUID(text []byte) string {
	digits := make([]byte, 0, 32)
	for _, c := range text {
		if c != '-' {
			digits = append(digits, c)
		}
	}
	var id [16]byte
	if n, err := hex.Decode(id[:], digits[:min(len(digits), 32)]); err != nil || n != len(id) {
		return string(text)
	}
	return string(id[:])
}
