package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLagIsTheTimeThatReceivedLogWaits(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, steps := range map[string][]struct {
		at   time.Duration
		seen progress
		want time.Duration
	}{
		"an idle shop has no lag, even if its newest transaction is old": {
			{0, progress{Streaming: true, Received: 10, Replayed: 10, Age: 7200}, 0},
			{time.Second, progress{Streaming: true, Received: 12, Replayed: 10, Age: 7201}, 0}, // a checkpoint arrives
			{2 * time.Second, progress{Streaming: true, Received: 12, Replayed: 12, Age: 7202}, 0},
		},
		"the lag grows while nothing is replayed": {
			{0, progress{Streaming: true, Received: 10, Replayed: 10}, 0},
			{time.Second, progress{Streaming: true, Received: 20, Replayed: 10}, 0},
			{3 * time.Second, progress{Streaming: true, Received: 30, Replayed: 10}, 2 * time.Second},
			{4 * time.Second, progress{Streaming: true, Received: 40, Replayed: 10}, 3 * time.Second},
		},
		"the lag is constant while the distance is constant": {
			{0, progress{Streaming: true, Received: 10, Replayed: 0}, 0},
			{time.Second, progress{Streaming: true, Received: 20, Replayed: 0}, time.Second},
			{2 * time.Second, progress{Streaming: true, Received: 30, Replayed: 10}, time.Second},
			{3 * time.Second, progress{Streaming: true, Received: 40, Replayed: 20}, time.Second},
		},
		"without the primary the lag is the time since the connection was lost": {
			{0, progress{Streaming: true, Received: 10, Replayed: 10, Age: 7200}, 0},
			{time.Second, progress{Received: 10, Replayed: 10, Age: 7201}, time.Second},
			{9 * time.Second, progress{Received: 10, Replayed: 10, Age: 7209}, 9 * time.Second},
			{10 * time.Second, progress{Streaming: true, Received: 10, Replayed: 10, Age: 7210}, 0},
		},
		"what arrived while nobody looked may have waited all the time": {
			{0, progress{Streaming: true, Received: 10, Replayed: 10}, 0},
			{8 * time.Second, progress{Streaming: true, Received: 30, Replayed: 20}, 8 * time.Second},
			{9 * time.Second, progress{Streaming: true, Received: 40, Replayed: 30}, 0},
		},
		"before the first connection the lag is the age of the newest transaction": {
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
