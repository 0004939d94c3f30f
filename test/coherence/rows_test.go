package coherence

import (
	"testing"
)

// TestRows breaks one thing after another below the same readers and writers.
func TestRows(t *testing.T) {
	s := startSystem(t)
	for _, row := range []struct {
		name string
		long bool // only in a full run
		run  func(*testing.T, *system)
	}{
		{"a wrong cache is found", false, aWrongCache},
		{"nothing breaks", false, nothing},
		{"commits wait for synchronous replication", false, stuckCommits},
		{"commits are asynchronous", true, asynchronousCommits},
		{"commits have two phases, and savepoints", true, unusualCommits},
		{"a transaction stays open", true, openTransaction},
		{"the databases answer an instance late", true, lateAnswers},
		{"one replica replays nothing, and Redis is emptied", true, replayPausedOnOne},
		{"no replica replays anything, and Redis is emptied", true, replayPausedOnBoth},
		{"the follower's connection ends", true, followerDisconnected},
		{"the follower is cut off from the primary", true, followerCutOff},
		{"the follower's slot is dropped", true, slotDropped},
		{"the follower's slot is lost", true, slotLost},
		{"an instance that leads is frozen", true, frozenLeader},
		{"an instance is cut off from Redis", false, cutOffFromRedis},
		{"an instance's connection to Redis is silent", true, silentRedis},
		{"Redis is killed", true, redisKilled},
		{"Redis is frozen", true, redisFrozen},
		{"Redis is slow", true, redisSlow},
		{"Redis has no memory left", true, redisFull},
		{"Redis is emptied again and again", true, redisEmptied},
		{"Redis fails over to a replica that lacks something", true, redisFailedOver},
		{"a replica is killed", true, replicaKilled},
		{"a replica is frozen", true, replicaFrozen},
		{"a replica cancels reads", true, recoveryConflicts},
		{"a table is rewritten", true, tableRewritten},
		{"a table is truncated, and copied back", true, tableTruncated},
		{"many ask for what is new", true, stampede},
		{"a large import", true, largeImport},
		{"the outbox is followed", true, followsOutbox},
		{"a backend of the primary is killed", true, backendKilled},
		{"the primary crashes", true, primaryCrashes},
		{"a replica is promoted", true, replicaPromoted},
	} {
		if row.long && !full() && !*soak {
			continue
		}
		if t.Run(row.name, func(t *testing.T) { row.run(t, s) }); *s.unknown {
			return
		}
	}
	shoppers, customers, staff := s.asked.shoppers.Load(), s.asked.customers.Load(), s.asked.staff.Load()
	t.Logf("nobody got another's: %d reads by shoppers, %d by customers, %d by staff", shoppers, customers, staff)
}

// nothing is the row without a fault.
func nothing(t *testing.T, s *system) {
	s.during(t, terms{Values: chosen[int64](0, 450_000, 4_500_000)}, func(*load) {})
}
