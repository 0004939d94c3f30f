// Package latency counts durations in a fixed number of buckets, so that what many
// instances counted can be added, and says which duration most do not exceed.
package latency

import (
	"math"
	"time"
)

// Buckets is how many there are: from a quarter of a millisecond to half a minute, each
// half as long again as the one before.
const Buckets = 30

const (
	first  = 250 * time.Microsecond
	growth = 1.5
)

// Bucket returns the bucket of a duration.
func Bucket(took time.Duration) int {
	if took <= first {
		return 0
	}
	return min(int(math.Ceil(math.Log(float64(took)/float64(first))/math.Log(growth))), Buckets-1)
}

// Quantile returns the duration that a part of those counted, such as 0.99, do not exceed:
// the upper end of a bucket, so up to half as much again as the real one. 0: none were
// counted.
func Quantile(counts []int64, part float64) time.Duration {
	var total, seen int64
	for _, n := range counts {
		total += n
	}
	for i, n := range counts {
		if seen += n; n > 0 && float64(seen) >= part*float64(total) {
			return time.Duration(float64(first) * math.Pow(growth, float64(i)))
		}
	}
	return 0
}
