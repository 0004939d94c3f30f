package cache

import (
	"encoding/binary"

	"souk/internal/coherence"
)

// encode returns an item in the form of the remote tier: the epoch, the position, the tags,
// each with its number before it, and the value.
func (p *partOf[K, V]) encode(item *memoryItem) []byte {
	e := item.Entry
	b := make([]byte, 0, 64+4*len(e.Tags)+item.Bytes)
	b = append(b, e.Epoch[:]...)
	b = binary.AppendUvarint(b, uint64(e.At))
	b = binary.AppendUvarint(b, uint64(len(e.Tags)))
	for _, tag := range e.Tags {
		b = binary.AppendUvarint(b, uint64(tag))
	}
	return p.codec.Append(b, item.Value.(V))
}

// decode is the inverse of encode. ok is false if it is not what encode returns.
func (p *partOf[K, V]) decode(b []byte) (item memoryItem, ok bool) {
	if len(b) < len(coherence.Epoch{}) {
		return item, false
	}
	var e coherence.Entry
	b = b[copy(e.Epoch[:], b):]
	number := func() uint64 {
		n, length := binary.Uvarint(b)
		if length <= 0 {
			b = nil
			return 0
		}
		b = b[length:]
		return n
	}
	e.At = coherence.Position(number())
	count := number()
	if count > uint64(len(b)) {
		return item, false
	}
	e.Tags = make([]coherence.Tag, count)
	for i := range e.Tags {
		tag := coherence.Tag(number())
		if !tag.Known() {
			return item, false
		}
		e.Tags[i] = tag
	}
	value, err := p.codec.Decode(b)
	if err != nil {
		return item, false
	}
	return memoryItem{Value: value, Entry: e, Bytes: p.codec.Size(value)}, true
}
