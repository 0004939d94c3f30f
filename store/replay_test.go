package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLagIsTheTimeThatTheLogWaits(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, steps := range map[string][]struct {
		at   time.Duration
		seen progress
		want time.Duration
	}{
		"an idle shop is not late, however old its newest transaction": {
			{0, progress{Streaming: true, Received: 10, Replayed: 10, Age: 7200}, 0},
			{time.Second, progress{Streaming: true, Received: 12, Replayed: 10, Age: 7201}, 0}, // a checkpoint arrives
			{2 * time.Second, progress{Streaming: true, Received: 12, Replayed: 12, Age: 7202}, 0},
		},
		"a replay that stands still grows late": {
			{0, progress{Streaming: true, Received: 10, Replayed: 10}, 0},
			{time.Second, progress{Streaming: true, Received: 20, Replayed: 10}, 0},
			{3 * time.Second, progress{Streaming: true, Received: 30, Replayed: 10}, 2 * time.Second},
			{4 * time.Second, progress{Streaming: true, Received: 40, Replayed: 10}, 3 * time.Second},
		},
		"a replay that keeps its distance stays as late": {
			{0, progress{Streaming: true, Received: 10, Replayed: 0}, 0},
			{time.Second, progress{Streaming: true, Received: 20, Replayed: 0}, time.Second},
			{2 * time.Second, progress{Streaming: true, Received: 30, Replayed: 10}, time.Second},
			{3 * time.Second, progress{Streaming: true, Received: 40, Replayed: 20}, time.Second},
		},
		"a replica that has lost the primary is as late as that is long ago": {
			{0, progress{Streaming: true, Received: 10, Replayed: 10, Age: 7200}, 0},
			{time.Second, progress{Received: 10, Replayed: 10, Age: 7201}, time.Second},
			{9 * time.Second, progress{Received: 10, Replayed: 10, Age: 7209}, 9 * time.Second},
			{10 * time.Second, progress{Streaming: true, Received: 10, Replayed: 10, Age: 7210}, 0},
		},
		"one that was never seen connected may be as late as its newest transaction": {
			{0, progress{Received: 10, Replayed: 10, Age: 7200}, 2 * time.Hour},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var r lagTracker
			for _, step := range steps {
				require.Equal(t, step.want, r.observe(step.seen, start.Add(step.at)), "at %s", step.at)
			}
		})
	}
}
