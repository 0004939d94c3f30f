package changefeed

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/coherence"
)

// FuzzDecode gives the decoder content whose sum is right, so that it gets past the sum.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		m := coherence.Message{To: coherence.Position(r.Uint32()), High: r.Uint64(), Begins: r.IntN(2) == 0, Shown: &coherence.Snapshot{Min: 5, Max: 9, Running: []uint64{6}}}
		m.Commits = []coherence.Commit{{XID: 6, To: 5, Tags: []coherence.Tag{1, 2, coherence.Tag(r.Uint32N(1 << 20))}}}
		m.Nonces = []coherence.Nonce{{Instance: r.Uint64(), Number: r.Uint64()}}
		b := Encode(m)
		f.Add(b[:len(b)-sumBytes])
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		m, err := Decode(withSum(content))
		if err != nil {
			require.ErrorIs(t, err, ErrMessage)
			return
		}
		again, err := Decode(Encode(m))
		require.NoError(t, err)
		require.Equal(t, m, again)
		for _, c := range m.Commits {
			for _, tag := range c.Tags {
				require.True(t, tag.Known())
			}
		}
	})
}

func TestNoncesOfEndedInstancesAreRemoved(t *testing.T) {
	now := time.Now()
	r := &Redis{now: func() time.Time { return now }, seen: map[string]sighting{}}
	require.Empty(t, r.stale(map[string]string{"a": "1", "b": "1"}))
	now = now.Add(staleAfter)
	require.Empty(t, r.stale(map[string]string{"a": "2", "b": "1"}))
	now = now.Add(time.Second)
	require.Equal(t, []string{"b"}, r.stale(map[string]string{"a": "2", "b": "1"}))
	require.Empty(t, r.stale(map[string]string{"a": "2"}))
	require.NotContains(t, r.seen, "b")
}
