package cache

import (
	"crypto/sha256"
	"encoding/binary"

	"souk/internal/cache/codec"
	"souk/internal/cache/memory"
	"souk/loaders"
)

// key names a value in the tiers: a hash of what all keys of a read have in common, and the
// key of the row, or a hash of that. The hashes are such that nobody can make two values
// have the same key.
type key = memory.Key

// keyer makes the keys of a read.
type keyer struct{ prefix [16]byte }

// keysOf returns the keyer of a read. ok is false if the arguments are none that can be a
// part of a key.
func keysOf(read loaders.Read, c class, choice, shape uint64) (k keyer, ok bool) {
	text := []byte(read.Name())
	text = append(text, 0, byte(c))
	text = binary.BigEndian.AppendUint64(text, choice)
	text = binary.BigEndian.AppendUint64(text, shape)
	if args := read.Args(); args != nil {
		encoded, ok := codec.Key(args)
		if !ok {
			return k, false
		}
		text = append(text, encoded...)
	}
	sum := sha256.Sum256(text)
	copy(k.prefix[:], sum[:])
	return k, true
}

// with returns the key of a value.
func (k keyer) with(id [16]byte) (made key) {
	copy(made[:], k.prefix[:])
	copy(made[16:], id[:])
	return made
}

// byID and byHash say what distinguishes the values of a read.
func byID[K ~[16]byte](id K) ([16]byte, bool) { return id, true }

func byHash[K comparable](id K) (hash [16]byte, ok bool) {
	encoded, ok := codec.Key(id)
	sum := sha256.Sum256([]byte(encoded))
	copy(hash[:], sum[:])
	return hash, ok
}
