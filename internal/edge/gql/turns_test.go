package gql

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// read takes a turn for a document that takes a time to read.
func (t *turns) read(ctx context.Context, caller string, takes time.Duration) error {
	done, err := t.take(ctx, caller)
	if err != nil {
		return err
	}
	defer done()
	time.Sleep(takes)
	return nil
}

// known is how many callers have a turn.
func (t *turns) known() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.callers)
}

func newTestTurns() *turns {
	t := newTurns()
	t.most = 1
	return t
}

func TestACallersUnknownDocumentsTakeAnEighth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTestTurns()
		var all sync.WaitGroup
		began := time.Now()
		for range 50 {
			all.Go(func() { require.NoError(t, turns.read(t.Context(), "attacker", time.Millisecond)) })
		}
		synctest.Wait()
		require.NoError(t, turns.read(t.Context(), "shopper", time.Millisecond))
		require.Equal(t, time.Millisecond, time.Since(began), "another caller does not wait")
		all.Wait()
		require.Equal(t, (49*(1+pauseTimes)+1)*time.Millisecond, time.Since(began))
		time.Sleep(time.Second)
		require.Zero(t, turns.known())
	})
}

func TestADelayOfTheMachineIsNotCharged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTestTurns()
		require.NoError(t, turns.read(t.Context(), "caller", time.Minute))
		began := time.Now()
		require.NoError(t, turns.read(t.Context(), "caller", 0))
		require.Equal(t, pauseTimes*longestTurn, time.Since(began))
	})
}

func TestAWaitForATurnEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTestTurns()
		reading, err := turns.take(t.Context(), "caller")
		require.NoError(t, err)
		began := time.Now()
		require.ErrorIs(t, turns.read(t.Context(), "caller", 0), errTurn)
		require.Equal(t, maxTurnWait, time.Since(began))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, turns.read(ctx, "caller", 0), context.Canceled)
		reading()
		require.NoError(t, turns.read(t.Context(), "caller", 0), "who has left holds nothing")
		time.Sleep(time.Second)
		require.Zero(t, turns.known())
	})
}

func TestATurnThatComesTooLateIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTestTurns()
		reading, err := turns.take(t.Context(), "caller")
		require.NoError(t, err)
		late := make(chan struct{})
		turns.callers["caller"].waiting = []chan struct{}{late}
		reading()
		time.Sleep(time.Second)
		<-late // it has come, and its request has ended
		turns.leave("caller", late)
		require.Zero(t, turns.known())
	})
}
