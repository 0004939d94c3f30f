//go:build linux

package rate

import (
	"fmt"
	"time"
)

// printHeader begins the table: a line for each operation, number of connections and server.
func printHeader() {
	fmt.Printf("\n%-10s %11s  %-24s %8s %10s %9s %11s %11s %8s %8s %8s\n",
		"operation", "connections", "server", "req/s", "of by hand", "server ms", "Postgres ms", "allocations", "KiB", "p50 ms", "p99 ms")
}

// printLines prints the medians of each server's samples. CPU, allocations and KiB are for
// a request.
func printLines(o operation, connections int, servers []*server, samples [][]sample) {
	limit := 0.0
	for i, s := range servers {
		if s.name == byHand {
			limit = medianOf(samples[i], func(s sample) float64 { return s.perSecond })
		}
	}
	for i, s := range servers {
		of := samples[i]
		rate := medianOf(of, func(s sample) float64 { return s.perSecond })
		fmt.Printf("%-10s %11d  %-24s %8.0f %10.2f %9s %11s %11.0f %8.1f %8s %8s\n", o.name, connections, s.name, rate, rate/limit,
			millis(medianOf(of, func(s sample) time.Duration { return s.server })),
			millis(medianOf(of, func(s sample) time.Duration { return s.postgres })),
			medianOf(of, func(s sample) float64 { return s.mallocs }),
			medianOf(of, func(s sample) float64 { return s.bytes })/1024,
			millis(medianOf(of, func(s sample) time.Duration { return s.p50 })),
			millis(medianOf(of, func(s sample) time.Duration { return s.p99 })))
	}
}

func medianOf[V ~int64 | ~float64](samples []sample, of func(sample) V) V {
	values := make([]V, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return median(values)
}

func millis(d time.Duration) string { return fmt.Sprintf("%.3f", float64(d)/float64(time.Millisecond)) }
