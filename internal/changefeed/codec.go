package changefeed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"souk/internal/coherence"
)

// codecVersion is the first byte of a message. Another meaning of the bytes after it gets
// another version: instances of two versions run side by side during a deployment, and what
// one does not understand is to it a gap.
const codecVersion = 1

// ErrMessage means that bytes are not a message of this version.
var ErrMessage = errors.New("not a message of the feed")

const (
	flagBegins = 1 << iota
	flagShown
	flagUnordered
	flagsKnown = flagBegins | flagShown | flagUnordered
)

const (
	epochBytes    = 16
	tagBytes      = 3
	instanceBytes = 8
	sumBytes      = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode returns a message in bytes: 50 without a commit, 3 for each tag. Of Shown it keeps what
// a snapshot of a primary has.
func Encode(m coherence.Message) []byte {
	b := make([]byte, 0, 96+16*len(m.Commits))
	b = append(b, codecVersion, flagsOf(m))
	b = append(b, m.Epoch[:]...)
	b = binary.AppendUvarint(b, uint64(m.To))
	b = binary.AppendUvarint(b, uint64(m.To-m.From))
	b = binary.AppendUvarint(b, m.High)
	b = binary.BigEndian.AppendUint64(b, m.Fence)
	if m.Begins {
		b = binary.AppendUvarint(b, m.Blind)
	}
	if m.Shown != nil {
		b = appendSnapshot(b, m.Shown)
		b = binary.AppendUvarint(b, uint64(m.To-m.Fenced))
	}
	b = binary.AppendUvarint(b, uint64(len(m.Commits)))
	for _, c := range m.Commits {
		b = binary.AppendVarint(b, int64(m.High-c.XID))
		b = binary.AppendUvarint(b, uint64(m.To-c.To))
		b = binary.AppendUvarint(b, uint64(len(c.Tags)))
		for _, tag := range c.Tags {
			b = append(b, byte(tag>>16), byte(tag>>8), byte(tag))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(m.Nonces)))
	for _, n := range m.Nonces {
		b = binary.BigEndian.AppendUint64(b, n.Instance)
		b = binary.AppendUvarint(b, n.Number)
	}
	return withSum(b)
}

func flagsOf(m coherence.Message) (flags byte) {
	if m.Begins {
		flags |= flagBegins
	}
	if m.Shown != nil {
		flags |= flagShown
	}
	if m.Unordered {
		flags |= flagUnordered
	}
	return flags
}

func appendSnapshot(b []byte, s *coherence.Snapshot) []byte {
	b = binary.AppendUvarint(b, s.Min)
	b = binary.AppendUvarint(b, s.Max-s.Min)
	b = binary.AppendUvarint(b, uint64(len(s.Running)))
	for _, xid := range s.Running {
		b = binary.AppendUvarint(b, xid-s.Min)
	}
	return b
}

func withSum(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// Decode returns the message in bytes, or ErrMessage.
func Decode(b []byte) (coherence.Message, error) {
	content := len(b) - sumBytes
	if content < 2 || binary.BigEndian.Uint32(b[content:]) != crc32.Checksum(b[:content], castagnoli) {
		return coherence.Message{}, fmt.Errorf("%w: it is damaged", ErrMessage)
	}
	version, flags := b[0], b[1]
	if version != codecVersion || flags&^flagsKnown != 0 {
		return coherence.Message{}, fmt.Errorf("%w: it is of version %d with the flags %b", ErrMessage, version, flags)
	}
	r := reader{left: b[2:content]}
	m := r.message(flags)
	if r.failed || len(r.left) > 0 {
		return coherence.Message{}, fmt.Errorf("%w: it does not end where it should", ErrMessage)
	}
	return m, nil
}

// reader reads the content of a message. After it has failed, it returns zeros.
type reader struct {
	left   []byte
	failed bool
}

func (r *reader) message(flags byte) (m coherence.Message) {
	copy(m.Epoch[:], r.bytes(epochBytes))
	m.To = coherence.Position(r.number())
	m.From = m.To - coherence.Position(r.number())
	m.High = r.number()
	m.Fence = r.fixed()
	m.Unordered = flags&flagUnordered != 0
	if m.Begins = flags&flagBegins != 0; m.Begins {
		m.Blind = r.number()
	}
	if flags&flagShown != 0 {
		m.Shown = r.snapshot()
		m.Fenced = m.To - coherence.Position(r.number())
	}
	const leastCommit, leastNonce = 3, instanceBytes + 1
	m.Commits = listOf(r, leastCommit, func() coherence.Commit { return r.commit(m.High, m.To) })
	m.Nonces = listOf(r, leastNonce, func() coherence.Nonce {
		return coherence.Nonce{Instance: r.fixed(), Number: r.number()}
	})
	return m
}

func (r *reader) snapshot() *coherence.Snapshot {
	s := &coherence.Snapshot{Min: r.number()}
	s.Max = s.Min + r.number()
	s.Running = listOf(r, 1, func() uint64 { return s.Min + r.number() })
	return s
}

func (r *reader) commit(high uint64, to coherence.Position) (c coherence.Commit) {
	c.XID = high - uint64(r.signed())
	c.To = to - coherence.Position(r.number())
	c.Tags = listOf(r, tagBytes, r.tag)
	return c
}

func (r *reader) tag() coherence.Tag {
	b := r.bytes(tagBytes)
	if b == nil {
		return 0
	}
	tag := coherence.Tag(b[0])<<16 | coherence.Tag(b[1])<<8 | coherence.Tag(b[2])
	r.failed = r.failed || !tag.Known()
	return tag
}

// listOf reads a list of elements of which each has at least some bytes: so a number of them
// that the message has no room for makes no memory.
func listOf[E any](r *reader, least int, read func() E) []E {
	n := r.number()
	if n > uint64(len(r.left)/least) {
		r.failed = true
	}
	if r.failed || n == 0 {
		return nil
	}
	list := make([]E, 0, n)
	for range n {
		list = append(list, read())
	}
	return list
}

func (r *reader) bytes(n int) []byte {
	if r.failed || len(r.left) < n {
		r.failed = true
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *reader) fixed() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.left)
	return skip(r, v, n)
}

func (r *reader) signed() int64 {
	v, n := binary.Varint(r.left)
	return skip(r, v, n)
}

// skip takes the n bytes of a number; n is not positive if there is none.
func skip[N int64 | uint64](r *reader, v N, n int) N {
	if n <= 0 || r.failed {
		r.failed = true
		return 0
	}
	r.left = r.left[n:]
	return v
}
