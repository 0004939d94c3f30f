package follower_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/internal/follower"
)

// faulty is a feed that can be held up, and that can refuse what has commits.
type faulty struct {
	*changefeed.Local
	held    sync.Mutex
	refuses atomic.Bool
	refused atomic.Int64
}

func (f *faulty) Publish(ctx context.Context, m coherence.Message) error {
	f.held.Lock()
	defer f.held.Unlock()
	if f.refuses.Load() && len(m.Commits) > 0 {
		f.refused.Add(1)
		return errors.New("refused")
	}
	return f.Local.Publish(ctx, m)
}

// TestANonceComesBackAfterWhatIsNotYetRead holds the feed up while much is committed, so that
// beats are in the log before the last of it. A nonce that is set afterwards must not come back
// with one of these.
func TestANonceComesBackAfterWhatIsNotYetRead(t *testing.T) {
	db := dbtest.New(t)
	feed := &faulty{Local: changefeed.NewLocal()}
	heard := listen(t, feed)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	heard.waitEpochs(t, 1)
	conn := connect(t, db.PrimaryURL)
	feed.held.Lock()
	execute(t, conn, `DO $$ BEGIN FOR i IN 1..6000 LOOP
		INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'v' || i, i::text); COMMIT; END LOOP; END $$`)
	execute(t, conn, `INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'last', 'last')`)
	require.NoError(t, feed.SetNonce(t.Context(), coherence.Nonce{Instance: 1, Number: 1}))
	feed.held.Unlock()
	at := heard.round(t, feed, coherence.Nonce{Instance: 1, Number: 1})
	tag := coherence.TagOf("vendor-slug", "last")
	require.True(t, slices.ContainsFunc(heard.all()[:at+1], func(m coherence.Message) bool {
		return slices.ContainsFunc(m.Commits, func(c coherence.Commit) bool { return slices.Contains(c.Tags, tag) })
	}))
	requireChain(t, heard.all())
}

// TestWhatTheFeedRefusesIsPublishedLater: the slot keeps it until the feed has it.
func TestWhatTheFeedRefusesIsPublishedLater(t *testing.T) {
	db := dbtest.New(t)
	feed := &faulty{Local: changefeed.NewLocal()}
	heard := listen(t, feed)
	run(t, follower.Options{URL: db.PrimaryURL, Feed: feed})
	heard.waitEpochs(t, 1)
	feed.refuses.Store(true)
	execute(t, connect(t, db.PrimaryURL), `INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'kept', 'kept')`)
	require.Eventually(t, func() bool { return feed.refused.Load() > 0 }, patience, time.Millisecond)
	feed.refuses.Store(false)
	tag := coherence.TagOf("vendor-slug", "kept")
	heard.wait(t, "the commit", func(m coherence.Message) bool {
		return slices.ContainsFunc(m.Commits, func(c coherence.Commit) bool { return slices.Contains(c.Tags, tag) })
	})
	require.Len(t, heard.epochs(), 1)
	requireChain(t, heard.all())
}
