package door_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkAdmit measures what the door adds to a request whose document it knows, and
// to one whose document is new.
func BenchmarkAdmit(b *testing.B) {
	text, err := os.ReadFile("testdata/legitimate/listing-with-children.graphql")
	require.NoError(b, err)
	b.Run("known", func(b *testing.B) {
		d := newDoor(b)
		b.ReportAllocs()
		for b.Loop() {
			_, err := admit(d, string(text))
			require.NoError(b, err)
		}
	})
	b.Run("new", func(b *testing.B) {
		d := newDoor(b, withoutMemory)
		b.ReportAllocs()
		for b.Loop() {
			_, err := admit(d, string(text))
			require.NoError(b, err)
		}
	})
}
