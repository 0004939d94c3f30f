package faults

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

var soak = flag.Bool("soak", false, "break things for minutes in place of seconds")

// cluster is a primary of this test's own with two replicas, each of which it may
// pause or stop.
type cluster struct {
	*harness.Server
	*harness.Cluster
	replicas [2]string
	cleanup  func(func()) // at the end of all steps
}

// startCluster starts an own stack and a second replica of its primary.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{Cluster: harness.StartCluster(t), cleanup: t.Cleanup}
	c.replicas[0] = c.Replica
	shop.Fill(t, c.Primary)
	harness.Execute(t, c.Primary, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`)
	c.replicas[1] = c.AddReplica(t)
	for _, url := range c.replicas {
		harness.WaitReplayed(t, url, harness.Position(t, c.Primary))
	}
	c.Server = harness.Start(t, &dbtest.DB{PrimaryURL: c.Primary}, harness.AsStaff(auth.CatalogueWrite), func(s *harness.Setup) {
		s.Config.ReplicaURLs = c.replicas[:]
		s.Config.MaxReplicaLag = time.Minute
	})
	return c
}

// TestOnAClusterOfItsOwn is what other tests must not feel.
func TestOnAClusterOfItsOwn(t *testing.T) {
	harness.LeaveNothing(t)
	c := startCluster(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *cluster)
	}{
		{"each replica is judged by itself", eachReplicaByItself},
		{"without the primary a token is never answered with an old value", noPrimaryForAToken},
		{"a primary that restarts under writes loses and repeats nothing", primaryRestarts},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, c) }) {
			return // the next step needs what this one left
		}
	}
}

// eachReplicaByItself pauses the second replica: with a token all reads go to the
// first, and none to the primary.
func eachReplicaByItself(t *testing.T, c *cluster) {
	harness.PauseReplay(t, c.replicas[1])
	token := retitle(t, c.Server, "Flax shirt")
	query := waysToTheShirt["by ID"]
	served := func() [3]int {
		return [3]int{harness.Reads(t, c.Primary), harness.Reads(t, c.replicas[0]), harness.Reads(t, c.replicas[1])}
	}
	require.Eventually(t, func() bool { // the first has replayed it, and is known to have
		before := harness.Reads(t, c.Primary)
		require.Contains(t, string(withToken(t, c.Server, token, query).Raw), "Flax shirt")
		return harness.Reads(t, c.Primary) == before
	}, harness.Patience, harness.Tick)
	before := served()
	for range 50 {
		require.Contains(t, string(withToken(t, c.Server, token, query).Raw), "Flax shirt")
	}
	after := served()
	require.Equal(t, [3]int{0, 50, 0}, [3]int{after[0] - before[0], after[1] - before[1], after[2] - before[2]})

	old := 0
	for range 50 {
		if strings.Contains(string(c.With("").Query(t, query, nil).Raw), "Linen Shirt") {
			old++
		}
	}
	require.Equal(t, 25, old, "without the token each replica has its turn")
}

// noPrimaryForAToken pauses both replicas and ends the primary.
func noPrimaryForAToken(t *testing.T, c *cluster) {
	harness.PauseReplay(t, c.replicas[0])
	token := retitle(t, c.Server, "Hemp frock")
	target := harness.Position(t, c.Primary)
	require.Eventually(t, func() bool { // both have it and do not show it
		return harness.Text(t, c.replicas[0], `SELECT (pg_last_wal_receive_lsn() >= '`+target+`')::text`) == "true"
	}, harness.Patience, harness.Tick)
	c.StopPrimary(t, "immediate")
	query := waysToTheShirt["by slug"]
	for range 20 {
		answer := withToken(t, c.Server, token, query)
		require.Len(t, answer.Errors, 1)
		require.Equal(t, "UNAVAILABLE", answer.Errors[0].Extensions["code"])
		require.NotContains(t, string(answer.Raw), "shirt")
		require.NotContains(t, strings.ToLower(string(c.With("").Query(t, query, nil).Raw)), "hemp frock", "without a token the shop goes on")
	}
	harness.Execute(t, c.replicas[0], `SELECT pg_wal_replay_resume()`)
	harness.WaitReplayed(t, c.replicas[0], target)
	require.Eventually(t, func() bool { // a replica that has it is as good
		answer := withToken(t, c.Server, token, query)
		return len(answer.Errors) == 0 && strings.Contains(string(answer.Raw), "Hemp frock")
	}, harness.Patience, harness.Tick)
	harness.Execute(t, c.replicas[1], `SELECT pg_wal_replay_resume()`)
	c.start(t)
}

// start starts the primary, and waits until the server has it again.
func (c *cluster) start(t *testing.T) {
	t.Helper()
	c.StartPrimary(t, c.cleanup)
	require.Eventually(t, func() bool { return c.App.Store.Ping(t.Context()) == nil }, harness.Patience, harness.Tick)
}

// primaryRestarts has several clients write while the primary breaks down and comes
// back. Each title may be saved once; one that was answered must be.
func primaryRestarts(t *testing.T, c *cluster) {
	const clients = 8
	stop := make(chan struct{})
	end := sync.OnceFunc(func() { close(stop) })
	defer end()
	type tried struct {
		title string
		answered
	}
	all := make(chan []tried, clients)
	for client := range clients {
		go func() {
			var mine []tried
			defer func() { all <- mine }()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				title := fmt.Sprintf("w%dn%d", client, n)
				mine = append(mine, tried{title, <-rename(t.Context(), c.URL, c.Credential(), title)})
			}
		}()
	}
	more := func() {
		target := harness.Text(t, c.Primary, `SELECT (count(*) + 50)::text FROM audit_events`)
		require.Eventually(t, func() bool {
			return harness.Text(t, c.Primary, `SELECT (count(*) >= `+target+`)::text FROM audit_events`) == "true"
		}, harness.Patience, harness.Tick)
	}
	more()
	rounds := []string{"immediate", "fast"}
	if *soak {
		rounds = slices.Repeat(rounds, 20)
	}
	for _, how := range rounds {
		c.StopPrimary(t, how)
		c.start(t)
		more()
	}
	end()
	answeredWell, failed := 0, 0
	for range clients {
		for _, one := range <-all {
			require.NoError(t, one.err)
			times := harness.Text(t, c.Primary, fmt.Sprintf(`SELECT count(*)::text FROM audit_events WHERE changes @> '[{"after": "%s"}]'`, one.title))
			if len(one.Errors) == 0 {
				answeredWell++
				require.Equal(t, "1", times, one.title)
				continue
			}
			failed++
			require.Equal(t, "UNAVAILABLE", one.Errors[0].Extensions["code"], "%v", one.Errors)
			if !strings.Contains(one.Errors[0].Message, "not known whether") && !strings.Contains(one.Errors[0].Message, "was saved") {
				require.Equal(t, "0", times, "%s: %v", one.title, one.Errors)
			}
		}
	}
	t.Log(answeredWell, "answered,", failed, "refused")
	require.NotZero(t, answeredWell)
	require.Equal(t, "0", harness.Text(t, c.Primary, `SELECT count(*)::text FROM (
		SELECT FROM audit_events GROUP BY changes HAVING count(*) > 1) AS repeated`))
}
