package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// faulty is a server whose connections to the primary can be broken.
type faulty struct {
	*harness.Server
	db    *dbtest.DB
	proxy *dbtest.Proxy
}

func startFaulty(t *testing.T) *faulty {
	t.Helper()
	db := shop.New(t)
	f := &faulty{db: db, proxy: dbtest.NewProxy(t, db.PrimaryURL)}
	through := *db
	through.PrimaryURL = f.proxy.URL
	f.Server = harness.Start(t, &through, harness.AsStaff(auth.CatalogueWrite))
	return f
}

// answered is what a client that may have been left without an answer got.
type answered struct {
	*harness.Answer
	err error
}

// rename changes the shirt's title in the background.
func rename(ctx context.Context, url, credential, title string) <-chan answered {
	done := make(chan answered, 1)
	go func() {
		body, _ := json.Marshal(map[string]any{
			"query":     shop.ProductUpdate,
			"variables": map[string]any{"input": map[string]any{"id": shop.ShirtID, "title": title}},
		})
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
		if err != nil {
			done <- answered{err: err}
			return
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+credential)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			done <- answered{err: err}
			return
		}
		defer response.Body.Close()
		answer := &harness.Answer{Status: response.StatusCode, Header: response.Header}
		err = json.NewDecoder(response.Body).Decode(answer)
		done <- answered{answer, err}
	}()
	return done
}

// savedTimes is how often a title was saved, by the audit log, which the change's
// own transaction writes; and wants product, listing and log to agree.
func savedTimes(t testing.TB, url, title string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	var times int
	var is, listed, searched bool
	require.NoError(t, conn.QueryRow(t.Context(), `
SELECT (SELECT count(*) FROM audit_events WHERE subject_id = p.id AND changes @> $1),
       p.title = $2, l.title_key = sort_key($2), p.search @@ to_tsquery('simple', $3)
FROM products p
JOIN product_listings l ON l.product_id = p.id AND l.scope_id = '00000000-0000-0000-0000-000000000000'
WHERE p.slug = 'linen-shirt'`,
		fmt.Sprintf(`[{"field": "title", "after": %q}]`, title), title, title).Scan(&times, &is, &listed, &searched))
	require.Equal(t, []bool{times > 0, times > 0, times > 0}, []bool{is, listed, searched}, "saved %d times", times)
	return times
}

// wait returns what a client got.
func wait(t testing.TB, done <-chan answered) answered {
	t.Helper()
	select {
	case got := <-done:
		return got
	case <-time.After(harness.Patience):
		require.Fail(t, "no answer")
		return answered{}
	}
}

// requireSaved wants a success, and the change to be there once.
func (f *faulty) requireSaved(t testing.TB, got answered, title string) {
	t.Helper()
	require.NoError(t, got.err)
	require.Empty(t, got.Errors)
	require.Equal(t, title, got.At("productUpdate", "product", "title"))
	require.Equal(t, 1, savedTimes(t, f.db.PrimaryURL, title))
	require.Contains(t, string(withToken(t, f.Server, got.Header.Get("Souk-Consistency"), waysToTheShirt["by ID"]).Raw), title)
}

// reach waits until a cut is reached.
func reach(t testing.TB, reached <-chan struct{}) {
	t.Helper()
	select {
	case <-reached:
	case <-time.After(harness.Patience):
		require.Fail(t, "the commit did not come by")
	}
}

// lockShirt keeps the product's row until release is called.
func (f *faulty) lockShirt(t testing.TB) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), f.db.PrimaryURL)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `BEGIN; SELECT FROM products WHERE slug = 'linen-shirt' FOR UPDATE`)
	require.NoError(t, err)
	release = func() { _ = conn.Close(context.WithoutCancel(t.Context())) }
	t.Cleanup(release)
	return release
}

// waitForLock waits until n of the server's transactions wait for a lock.
func (f *faulty) waitForLock(t testing.TB, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return harness.Text(t, f.db.PrimaryURL, `SELECT count(*)::text FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'souk' AND wait_event_type = 'Lock'`) == fmt.Sprint(n)
	}, harness.Patience, harness.Tick)
}

// TestAChangeUnderFaults breaks a change at each of its steps. Each time the client
// must learn the truth, or get a clear error, and the change is there once or not
// at all.
func TestAChangeUnderFaults(t *testing.T) {
	harness.LeaveNothing(t)
	f := startFaulty(t)
	n := 0
	for name, step := range map[string]func(*testing.T, *faulty, string){
		"connection lost before COMMIT arrives: repeated and saved once":            cutAt(dbtest.BeforeCommit),
		"connection lost before COMMIT arrives, unnoticed by the server: the same":  cutAt(dbtest.BeforeCommitUnnoticed),
		"connection lost after COMMIT: known as saved, once":                        cutAt(dbtest.AfterCommit),
		"backend terminated before COMMIT: repeated and saved once":                 backendTerminated,
		"client gone while it waits for a lock: nothing saved, nothing locked":      clientGoneWaiting,
		"client gone at COMMIT: saved once":                                         clientGoneAtCommit,
		"lock held by somebody else: told to try again, nothing saved":              lockHeld,
		"database gone for good after COMMIT: told that nobody knows, and is there": goneAfterCommit,
	} {
		n++
		t.Run(name, func(t *testing.T) { step(t, f, fmt.Sprint("title", n)) })
	}
}

func cutAt(cut dbtest.Cut) func(*testing.T, *faulty, string) {
	return func(t *testing.T, f *faulty, title string) {
		reached := f.proxy.Arm(cut)
		done := rename(t.Context(), f.URL, f.Credential(), title)
		reach(t, reached)
		f.requireSaved(t, wait(t, done), title)
	}
}

func backendTerminated(t *testing.T, f *faulty, title string) {
	reached := f.proxy.Arm(dbtest.HoldCommit)
	done := rename(t.Context(), f.URL, f.Credential(), title)
	reach(t, reached)
	require.Equal(t, "1", harness.Text(t, f.db.PrimaryURL, `SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'souk' AND backend_xid IS NOT NULL`))
	f.proxy.Release()
	f.requireSaved(t, wait(t, done), title)
}

func clientGoneWaiting(t *testing.T, f *faulty, title string) {
	release := f.lockShirt(t)
	ctx, leave := context.WithCancel(t.Context())
	done := rename(ctx, f.URL, f.Credential(), title)
	f.waitForLock(t, 1)
	leave()
	require.ErrorIs(t, wait(t, done).err, context.Canceled)
	f.waitForLock(t, 0)
	release()
	require.Zero(t, savedTimes(t, f.db.PrimaryURL, title))
	next := rename(t.Context(), f.URL, f.Credential(), title+"next")
	f.requireSaved(t, wait(t, next), title+"next")
}

func clientGoneAtCommit(t *testing.T, f *faulty, title string) {
	reached := f.proxy.Arm(dbtest.HoldCommit)
	ctx, leave := context.WithCancel(t.Context())
	done := rename(ctx, f.URL, f.Credential(), title)
	reach(t, reached)
	leave()
	require.ErrorIs(t, wait(t, done).err, context.Canceled)
	f.proxy.Release()
	require.Eventually(t, func() bool {
		return harness.Text(t, f.db.PrimaryURL, `SELECT title FROM products WHERE slug = 'linen-shirt'`) == title
	}, harness.Patience, harness.Tick)
	require.Equal(t, 1, savedTimes(t, f.db.PrimaryURL, title))
}

// lockHeld waits for as long as the server's lock_timeout lets it.
func lockHeld(t *testing.T, f *faulty, title string) {
	release := f.lockShirt(t)
	got := wait(t, rename(t.Context(), f.URL, f.Credential(), title))
	require.NoError(t, got.err)
	require.Len(t, got.Errors, 1)
	require.Equal(t, "CONFLICT", got.Errors[0].Extensions["code"])
	require.Contains(t, got.Errors[0].Message, "try again")
	release()
	require.Zero(t, savedTimes(t, f.db.PrimaryURL, title))
}

// goneAfterCommit waits for as long as the server asks after a commit.
func goneAfterCommit(t *testing.T, f *faulty, title string) {
	reached := f.proxy.Arm(dbtest.HoldAnswer)
	done := rename(t.Context(), f.URL, f.Credential(), title)
	reach(t, reached)
	f.proxy.Refuse(true)
	f.proxy.Drop()
	got := wait(t, done)
	f.proxy.Refuse(false)
	require.NoError(t, got.err)
	require.Len(t, got.Errors, 1)
	require.Equal(t, "UNAVAILABLE", got.Errors[0].Extensions["code"])
	require.Contains(t, got.Errors[0].Message, "not known whether it was")
	require.Equal(t, 1, savedTimes(t, f.db.PrimaryURL, title))
}
