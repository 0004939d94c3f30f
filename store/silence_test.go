package store

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// TestAReplicaThatSaysNothingIsLeftWithinMoments freezes the way to a replica while reads are on
// it. None fails, and none waits for long.
func TestAReplicaThatSaysNothingIsLeftWithinMoments(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	relay := dbtest.NewRelay(t, db.ReplicaURL)
	s, err := Open(t.Context(), Config{PrimaryURL: db.PrimaryURL, ReplicaURLs: []string{relay.URL}, MaxConns: 8})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	fit := func() bool { return s.Replicas()[0].Fit }
	require.Eventually(t, fit, 10*time.Second, time.Millisecond)

	type answer struct {
		standby bool
		took    time.Duration
		err     error
	}
	answers := make(chan answer)
	ask := func(statement string) {
		began := time.Now()
		n, err := look(t.Context(), s.Reader(View{}, 0), statement)
		answers <- answer{n == 1, time.Since(began), err}
	}
	const quick, slow = `SELECT pg_is_in_recovery()::int`, `SELECT pg_is_in_recovery()::int FROM pg_sleep(1)`
	require.Eventually(t, func() bool { // a machine that is too busy to probe looks like a silent server
		go ask(slow)
		got := <-answers
		require.NoError(t, got.err)
		return got.standby
	}, 20*time.Second, time.Millisecond, "a read may take long, as long as the server answers others")
	require.Eventually(t, fit, 10*time.Second, time.Millisecond)

	go ask(slow)
	time.Sleep(50 * time.Millisecond) // it is under way
	relay.Freeze()
	for range 4 {
		go ask(quick)
	}
	for range 5 {
		got := <-answers
		require.NoError(t, got.err)
		require.False(t, got.standby)
		require.Less(t, got.took, 4*time.Second)
	}
	require.False(t, fit())
	go ask(quick)
	require.Less(t, (<-answers).took, time.Second)
	relay.Thaw()
	require.Eventually(t, fit, 10*time.Second, time.Millisecond)
	go ask(quick)
	require.True(t, (<-answers).standby)
}

// TestSilenceIsReckonedFromProbes has probes that become slow: silence is then no sign so soon.
func TestSilenceIsReckonedFromProbes(t *testing.T) {
	var s silence
	for range 20 {
		s.reckon(time.Millisecond)
	}
	require.Equal(t, minSilence, time.Duration(s.usual.Load()))
	for range 20 {
		s.reckon(100 * time.Millisecond)
	}
	usual := time.Duration(s.usual.Load())
	require.Greater(t, usual, 100*time.Millisecond)
	require.Less(t, usual, maxSilence)
	s.reckon(time.Hour)
	require.Equal(t, maxSilence, time.Duration(s.usual.Load()))
}

func TestAnErrorOfTheServerBreaksTheSilence(t *testing.T) {
	var s silence
	for _, err := range []error{nil, shutdown} {
		s.heard.Store(0)
		_, done := s.reading(t.Context())
		require.Equal(t, err, done(err))
		require.NotZero(t, s.heard.Load())
	}
	s.heard.Store(0)
	ctx, done := s.reading(t.Context())
	s.end()
	<-ctx.Done()
	require.ErrorIs(t, done(errors.New("interrupted")), errSilent)
	require.Zero(t, s.heard.Load())
}
