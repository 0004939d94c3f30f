// Package coherence decides whether a cached value is still right. It holds the rules and
// does no I/O: decision 23 describes the protocol.
//
// The only clock is the log of the primary. A follower reads it and publishes, in the order
// of the log, which [Tag]s each commit has moved. Each instance has a [Clock], which
// consumes what is published:
//
//	moment := clock.Now()                       // before a value is looked up, or read
//	value, entry := … from a cache …
//	if moment.Trusted() && clock.Valid(entry) {  // after it was got
//		… use it …
//	}
//	… read it from a database, with the snapshot of the read …
//	if entry, ok := clock.Stamp(moment, snapshots, tags); ok {
//		… keep the value with its entry …
//	}
//
// A value carries the position in the log up to which it is known to include all changes. It
// is right as long as none of its tags has moved past this position. That is judged at each
// look-up, so nothing has to be deleted from a cache.
package coherence

import (
	"encoding/hex"
	"math/bits"
)

// Position is a place in the primary's log, in bytes.
type Position uint64

// Epoch names a stretch of the log without gaps. A value of another epoch is never used.
type Epoch [16]byte

// String returns the epoch in hexadecimal.
func (e Epoch) String() string { return hex.EncodeToString(e[:]) }

// Tag is a hash of something that a value depends on, such as a row or the set of the rows
// that belong to a parent. Two things can have the same tag: then a change of one of them
// also drops what depends on the other.
type Tag uint32

// tagBits is the number of bits of a tag. A clock has a position for each.
const tagBits = 20

// Known reports whether the number is one of a tag.
func (t Tag) Known() bool { return t < 1<<tagBits }

// TagOf returns the tag of what has a key, such as "product" and the 16 bytes of its ID. key
// may be empty.
func TagOf(what, key string) Tag {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for i := range len(what) {
		h = (h ^ uint64(what[i])) * prime
	}
	h = (h ^ ':') * prime
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * prime
	}
	h ^= bits.RotateLeft64(h, 31)
	h *= 0x9E3779B97F4A7C15
	return Tag(h >> (64 - tagBits))
}

// Entry is what makes a value judgeable.
type Entry struct {
	Epoch Epoch
	// At is the position up to which the value includes all changes.
	At   Position
	Tags []Tag
}

// Commit is a transaction in the log that moved tags.
type Commit struct {
	// XID is the transaction's number, with the epoch of the numbers.
	XID uint64
	// To is the position after the commit.
	To Position
	// Tags may be nil: a transaction that moved nothing is still one that the primary may
	// not show yet.
	Tags []Tag
}

// Message is what the follower publishes. Each says what happened between two positions.
type Message struct {
	Epoch    Epoch
	From, To Position
	// High is the highest transaction number that the log has had up to To.
	High uint64
	// Begins says that an epoch begins at To. Blind is then the number of the transaction
	// that began it: those up to it may have committed unseen.
	Begins bool
	Blind  uint64
	// Commits are in the order of the log.
	Commits []Commit
	// Fence is a hash of what must not change within an epoch, such as the server and the
	// published tables.
	Fence uint64
	// Shown, if it is set, is a snapshot of the primary: it shows these transactions.
	Shown *Snapshot
	// Fenced comes with Shown: up to this position, the tables were published all the time, and
	// were not rewritten.
	Fenced Position
	// Unordered says that the follower does not know where in the log commits are, only that
	// all of them up to To were told, but for those that the primary does not show. It shows
	// all up to Fenced.
	Unordered bool
	// Nonces are those of instances. All that was committed before an instance set its
	// nonce has been published up to this message.
	Nonces []Nonce
}

// Nonce is a number that an instance has chosen, to recognise it.
type Nonce struct{ Instance, Number uint64 }

// Snapshot says which transactions a read has seen.
type Snapshot struct {
	// Epoch is the one that the database had.
	Epoch Epoch
	// Standby says that the database replays the log. Then Replayed is a position up to
	// which it had done so; the other fields are those of a primary.
	Standby  bool
	Replayed Position
	// Transactions below Min had ended, and those from Max on had not. Running are those
	// between that had not.
	Min, Max uint64
	Running  []uint64
}

// shows reports whether the effects of a committed transaction are in the snapshot.
func (s *Snapshot) shows(xid uint64) bool {
	if xid < s.Min {
		return true
	}
	if xid >= s.Max {
		return false
	}
	for _, running := range s.Running {
		if running == xid {
			return false
		}
	}
	return true
}
