package coherence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// takeover is how long the caches may be without a follower.
const takeover = 3 * time.Second

const leading = `FROM pg_replication_slots WHERE slot_type = 'logical' AND active`

// leader is the process of the primary that sends its log to the follower; "0": there is none.
func (s *system) leader(t *testing.T) string {
	t.Helper()
	return harness.Text(t, s.Primary, `SELECT coalesce(max(active_pid), 0)::text `+leading)
}

// anotherLeads waits for another leader, and wants it soon.
func (l *load) anotherLeads(t *testing.T, before string) {
	t.Helper()
	began := time.Now()
	require.Eventually(t, func() bool {
		now := l.leader(t)
		return now != "0" && now != before
	}, harness.Patience, harness.Tick)
	took := time.Since(began)
	t.Log("another leads after", took.Round(time.Millisecond))
	require.Less(t, took, takeover+slack)
}

func needsFollower(t *testing.T) {
	t.Helper()
	if *uncached {
		t.Skip("there is no follower without caches")
	}
}

func followerDisconnected(t *testing.T, s *system) {
	needsFollower(t)
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for range chosen(1, 4, 50) {
			before := s.leader(t)
			harness.Execute(t, s.Primary, `SELECT pg_terminate_backend(active_pid) `+leading)
			l.anotherLeads(t, before)
			l.more(1_000)
		}
	})
	s.trusted(t)
}

// followerCutOff cuts the instances' ways to the log, one after the other: one of them leads.
func followerCutOff(t *testing.T, s *system) {
	needsFollower(t)
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for _, i := range s.instances {
			i.log.Cut()
			hold(t, time.Second, 3*time.Second, 10*time.Second)
			require.NotEqual(t, "0", s.leader(t), "the other leads")
			i.log.Restore(s.cleanup)
			l.more(1_000)
		}
		for _, i := range s.instances { // and without a word
			i.log.Freeze()
			hold(t, takeover, takeover+time.Second, 10*time.Second)
			require.NotEqual(t, "0", s.leader(t), "the other leads")
			i.log.Thaw()
			l.more(1_000)
		}
	})
	s.trusted(t)
}

func slotDropped(t *testing.T, s *system) {
	needsFollower(t)
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for range chosen(1, 3, 20) {
			before := s.leader(t)
			// Who leads connects again at once, so the slot may be in use again.
			harness.Execute(t, s.Primary, `DO $$
				BEGIN
				  FOR i IN 1..1000 LOOP
				    PERFORM pg_terminate_backend(active_pid) `+leading+`;
				    BEGIN
				      PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_type = 'logical';
				      RETURN;
				    EXCEPTION WHEN object_in_use THEN
				    END;
				  END LOOP;
				  RAISE 'the slot was in use all the time';
				END $$`)
			l.anotherLeads(t, before)
			l.more(1_000)
		}
	})
	s.trusted(t)
}
