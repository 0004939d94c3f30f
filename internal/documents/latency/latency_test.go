package latency_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/documents/latency"
)

func TestQuantileIsNearTheRealOne(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		counts, all := make([]int64, latency.Buckets), []time.Duration{}
		for range 1 + random.IntN(2000) {
			took := time.Duration(random.ExpFloat64() * float64(40*time.Millisecond))
			all = append(all, took)
			counts[latency.Bucket(took)]++
		}
		slices.Sort(all)
		for _, part := range []float64{0.5, 0.99} {
			rank := max(int(part*float64(len(all))+0.9999), 1) - 1
			got := latency.Quantile(counts, part)
			require.GreaterOrEqual(t, got+1, all[rank])
			require.LessOrEqual(t, float64(got), 1.5*float64(max(all[rank], 250*time.Microsecond))+1)
		}
	}
	require.Zero(t, latency.Quantile(make([]int64, latency.Buckets), 0.5))
	require.Equal(t, latency.Buckets-1, latency.Bucket(time.Hour))
}
