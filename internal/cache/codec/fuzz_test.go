package codec

import (
	"encoding/binary"
	"reflect"
	"runtime"
	"testing"
	"time"
)

type small struct {
	Flag    bool
	Tiny    int8
	Unsized uint
	F       float32
	Text    string
	Bytes   []byte
	ID      [16]byte
	At      *time.Time
	Lists   [][]string
	Items   []*small2
}

type small2 struct {
	Big  [4]int64
	Next []small3
}

type small3 struct{ A, B *[2]string }

// FuzzDecode decodes anything as if its checksum were right. What is read must be written as it
// was read, but for numbers of needless length, and must not take more memory than a constant
// times the bytes.
func FuzzDecode(f *testing.F) {
	c, err := Of[small]()
	if err != nil {
		f.Fatal(err)
	}
	at := time.Unix(1, 2).UTC()
	f.Add([]byte{})
	for _, value := range []small{{}, {
		true, -1, 1 << 63, 1.5, "text",
		[]byte{1},
		[16]byte{15: 1},
		&at,
		[][]string{nil, {}, {"a", ""}},
		[]*small2{nil, {Next: []small3{{A: &[2]string{"x"}}}}},
	}} {
		b := c.Append(nil, value)
		f.Add(b[:len(b)-numberSize])
	}
	// The list, which nothing follows, is said to have 16 million elements.
	before := make([]byte, 3+8+1+1+16+1)
	f.Add(append(append(before, binary.AppendUvarint(nil, 1<<24)...), 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		var value small
		runtime.ReadMemStats(&before)
		ok := c.decode(b, &value)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 100_000+100*uint64(len(b)) {
			t.Fatalf("%d bytes took %d of memory", len(b), took)
		}
		if !ok {
			return
		}
		again, err := c.Decode(c.Append(nil, value))
		if err != nil {
			t.Fatal(err)
		}
		if value.F == value.F && !reflect.DeepEqual(value, again) {
			t.Fatalf("%#v became %#v", value, again)
		}
	})
}
