package store

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestWhatARoundTripHasSeen reads while transactions run, on both servers.
func TestWhatARoundTripHasSeen(t *testing.T) {
	t.Parallel()
	m := newMomentShop(t)
	m.change(t, `INSERT INTO cache_epoch (id) VALUES ('0190b5a2-0000-7000-8000-000000000001')`)
	open, err := pgx.Connect(t.Context(), m.db.PrimaryURL)
	require.NoError(t, err)
	defer open.Close(t.Context())
	tx, err := open.Begin(t.Context())
	require.NoError(t, err)
	var running uint64
	require.NoError(t, tx.QueryRow(t.Context(), `SELECT pg_current_xact_id()::text::bigint`).Scan(&running))
	m.change(t, `UPDATE moments SET n = 2`)
	for _, oneMoment := range []bool{false, true} {
		for _, primary := range []bool{false, true} {
			r := m.Reader(View{}, 0)
			r.Witness()
			if primary {
				r.OnPrimary()
			}
			if oneMoment {
				r.OneMoment()
			}
			for range 2 {
				n, err := look(t.Context(), r, lookStatement)
				require.NoError(t, err)
				require.Equal(t, 2, n)
			}
			seen := r.Seen()
			require.Len(t, seen, 2, "one for each round trip")
			require.Empty(t, r.Seen())
			require.Equal(t, oneMoment, seen[0] == seen[1])
			for _, s := range seen {
				require.Equal(t, "0190b5a2-0000-7000-8000-000000000001", s.Epoch.String())
				require.Equal(t, !primary, s.Standby)
				if primary {
					require.Contains(t, s.Running, running)
					require.LessOrEqual(t, s.Min, running)
				} else {
					require.NotZero(t, s.Replayed)
				}
			}
			r.End()
			require.Eventually(t, func() bool { return m.held() == 0 }, 5*time.Second, time.Millisecond)
		}
	}
}

// TestAReplicaShowsWhatItSaysThatItHasReplayed changes a number all the time. What a response
// reads in one moment must include all changes up to the position that it was told.
func TestAReplicaShowsWhatItSaysThatItHasReplayed(t *testing.T) {
	t.Parallel()
	m := newMomentShop(t)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	var mu sync.Mutex
	after := []LSN{0, 0} // the position after the change to each number
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		conn, err := pgx.Connect(t.Context(), m.db.PrimaryURL)
		require.NoError(t, err)
		defer conn.Close(t.Context())
		for n := 2; ctx.Err() == nil; n++ {
			_, err := conn.Exec(t.Context(), `UPDATE moments SET n = $1`, n)
			require.NoError(t, err)
			var at int64
			require.NoError(t, conn.QueryRow(t.Context(), `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`).Scan(&at))
			mu.Lock()
			after = append(after, LSN(at))
			mu.Unlock()
		}
	})
	looks := 0
	for ; ctx.Err() == nil; looks++ {
		r := m.Reader(View{}, 0)
		r.Witness()
		r.OneMoment()
		n, err := look(t.Context(), r, lookStatement)
		require.NoError(t, err)
		seen := r.Seen()
		r.End()
		mu.Lock()
		missing := slices.ContainsFunc(after[min(n+1, len(after)):], func(at LSN) bool { return at <= seen[0].Replayed })
		mu.Unlock()
		require.False(t, missing, "it shows %d, and says that it has replayed later changes", n)
	}
	require.Greater(t, looks, 100)
}

func TestASnapshotIsRead(t *testing.T) {
	s, err := (&snapshotRow{Text: "10:20:10,14,15"}).parse()
	require.NoError(t, err)
	require.Equal(t, &Snapshot{Min: 10, Max: 20, Running: []uint64{10, 14, 15}}, s)
	s, err = (&snapshotRow{Text: "10:10:"}).parse()
	require.NoError(t, err)
	require.Empty(t, s.Running)
	for _, text := range []string{"", "10:20", "x:20:", "10:20:1,x"} {
		_, err := (&snapshotRow{Text: text}).parse()
		require.Error(t, err, text)
	}
}
