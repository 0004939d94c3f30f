package store

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/internal/fault"
)

func TestAKeyMakesAChangeIdempotent(t *testing.T) {
	db, s := newShop(t)
	ctx := t.Context()
	n, err := countOnce(ctx, s.writerFor(someone, "k", "input"))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	t.Run("the same key and input return the first outcome", func(t *testing.T) {
		for range 3 {
			w := s.writerFor(someone, "k", "input")
			n, err := countOnce(ctx, w)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.NotZero(t, w.reader.Written(), "later reads must see the change")
		}
		require.Equal(t, 1, counted(t, db.PrimaryURL, "a"))
	})
	t.Run("another input or mutation is refused", func(t *testing.T) {
		other := s.writerFor(someone, "k", "input")
		other.origin.Action = "another"
		for _, w := range []*Writer{s.writerFor(someone, "k", "another"), other} {
			_, err := countOnce(ctx, w)
			problems, ok := fault.Rejected(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, fault.ReasonIdempotencyConflict, problems[0].Reason)
			require.Equal(t, []string{"idempotencyKey"}, problems[0].Field)
		}
		require.Equal(t, 1, counted(t, db.PrimaryURL, "a"))
	})
	t.Run("each principal has its own keys", func(t *testing.T) {
		n, err := countOnce(ctx, s.writerFor(auth.Principal{Kind: auth.Staff, ID: uuid.Max}, "k", "another"))
		require.NoError(t, err)
		require.Equal(t, 2, n)
	})
	t.Run("a key can be used again after a day", func(t *testing.T) {
		execute(t, db.PrimaryURL, `UPDATE idempotency_keys SET created_at = now() - interval '23 hours 59 minutes'`)
		n, err := countOnce(ctx, s.writerFor(someone, "k", "input"))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		execute(t, db.PrimaryURL, `UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'`)
		for range 2 {
			n, err = countOnce(ctx, s.writerFor(someone, "k", "another"))
			require.NoError(t, err)
			require.Equal(t, 3, n)
		}
	})
	t.Run("a key that is too long is refused", func(t *testing.T) {
		_, err := countOnce(ctx, s.writerFor(someone, strings.Repeat("k", 256), "input"))
		problems, _ := fault.Rejected(err)
		require.Len(t, problems, 1)
		require.Equal(t, fault.ReasonTooLong, problems[0].Reason)
	})
	t.Run("a refused change does not use up the key", func(t *testing.T) {
		w := s.writerFor(someone, "refused", "input")
		n, err := idempotent(ctx, w, nil, func(tx *Tx) (int, error) {
			_, err := tx.count(ctx, "b")
			require.NoError(t, err)
			return 7, fault.Reject(fault.ReasonInvalid, "x", "no")
		})
		_, refused := fault.Rejected(err)
		require.True(t, refused)
		require.Zero(t, n)
		require.Zero(t, counted(t, db.PrimaryURL, "b"))
		n, err = countOnce(ctx, w)
		require.NoError(t, err)
		require.Equal(t, 4, n)
	})
}

func TestConcurrentRequestsWithOneKeyMakeOneChange(t *testing.T) {
	db, s := newShop(t)
	var done sync.WaitGroup
	for range 50 {
		done.Go(func() {
			n, err := countOnce(t.Context(), s.writerFor(someone, "k", "input"))
			require.NoError(t, err)
			require.Equal(t, 1, n)
		})
	}
	done.Wait()
	require.Equal(t, 1, counted(t, db.PrimaryURL, "a"))
	t.Run("without a key each request makes a change", func(t *testing.T) {
		for range 50 {
			done.Go(func() {
				_, err := countOnce(t.Context(), s.writerFor(someone, "", "input"))
				require.NoError(t, err)
			})
		}
		done.Wait()
		require.Equal(t, 51, counted(t, db.PrimaryURL, "a"))
	})
}

// outcome has all types of fields that the outcomes of mutations have.
type outcome struct {
	ID       ProductID
	Stock    int64
	Note     *string
	Problems []fault.Problem
}

func TestAnOutcomeIsReturnedUnchanged(t *testing.T) {
	_, s := newShop(t)
	note := "“½” <b> \\u0000 'x'"
	first := []Outcome[outcome]{
		{Value: &outcome{ID: ProductID(uuid.Max), Stock: 1<<62 + 1, Note: &note}},
		{Problems: []fault.Problem{{Reason: fault.ReasonTaken, Message: "no", Field: []string{"items", "1"}, Available: 3, CurrentVersion: 1 << 60}}},
		{},
	}
	for range 2 {
		got, err := idempotent(t.Context(), s.writerFor(someone, "k", ""), nil, func(*Tx) ([]Outcome[outcome], error) { return first, nil })
		require.NoError(t, err)
		require.Equal(t, first, got)
	}
}

// TestCountInAChild is not a test itself: TestAKilledProcessIsReplayed runs it in a
// child process.
func TestCountInAChild(t *testing.T) {
	url := os.Getenv("SOUK_TEST_CHILD_DATABASE")
	if url == "" {
		t.Skip("another test runs it")
	}
	n, err := countOnce(t.Context(), openStore(t, url).writerFor(someone, "k", "input"))
	fmt.Println("counted", n, err)
}

func TestAKilledProcessIsReplayed(t *testing.T) {
	for name, tc := range map[string]struct {
		at   dbtest.Cut
		then func(*dbtest.Proxy)
		left int
	}{
		"before the COMMIT arrives there is no change":   {dbtest.HoldCommit, (*dbtest.Proxy).Drop, 0},
		"between COMMIT and answer there is one change":  {dbtest.HoldAnswer, (*dbtest.Proxy).Drop, 1},
		"with the COMMIT in transit there is one change": {dbtest.HoldCommit, (*dbtest.Proxy).Release, 1},
	} {
		t.Run(name, func(t *testing.T) {
			db, s := newShop(t)
			proxy := dbtest.NewProxy(t, db.PrimaryURL)
			reached := proxy.Arm(tc.at)
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCountInAChild$")
			child.Env = append(os.Environ(), "SOUK_TEST_CHILD_DATABASE="+proxy.URL)
			output, err := child.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, child.Start())
			<-reached
			require.NoError(t, child.Process.Kill())
			for lines := bufio.NewScanner(output); lines.Scan(); {
				require.NotContains(t, lines.Text(), "counted")
			}
			require.Error(t, child.Wait())
			tc.then(proxy)
			require.Eventually(t, func() bool {
				return number(t, db.PrimaryURL, `SELECT count(*) FROM pg_stat_activity
					WHERE datname = current_database() AND backend_xid IS NOT NULL`) == 0
			}, patience, time.Millisecond)
			require.Equal(t, tc.left, counted(t, db.PrimaryURL, "a"))
			n, err := countOnce(t.Context(), s.writerFor(someone, "k", "input"))
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.Equal(t, 1, counted(t, db.PrimaryURL, "a"))
		})
	}
}

var errOwn = errors.New("own")
