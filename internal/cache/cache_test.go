package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/coherence"
	"souk/internal/dbtest"
	"souk/loaders"
	"souk/store"
)

// rig is a cache over a store. The test itself follows the log: see change.
type rig struct {
	*Cache
	store *store.Store
	db    *dbtest.DB
	conn  *pgx.Conn
	epoch coherence.Epoch
	at    coherence.Position

	reads atomic.Int32 // keys that a database was asked for
	mu    sync.Mutex
	told  map[string]int // by result
}

func newRig(t *testing.T, change func(*Options)) *rig {
	t.Helper()
	db := dbtest.New(t)
	r := &rig{db: db, epoch: coherence.Epoch(uuid.New()), told: map[string]int{}}
	var err error
	r.conn, err = pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.conn.Close(context.WithoutCancel(t.Context())) })
	r.sql(t, `INSERT INTO cache_epoch (id) VALUES ('`+uuid.UUID(r.epoch).String()+`')`)
	r.sql(t, `INSERT INTO vendors (id, slug, name) SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'v' || n, n || ' n 0' FROM generate_series(1, 9) n`)
	require.NoError(t, db.WaitReplica(t.Context()))
	r.store, err = store.Open(t.Context(), store.Config{PrimaryURL: db.PrimaryURL, ReplicaURLs: []string{db.ReplicaURL}})
	require.NoError(t, err)
	t.Cleanup(r.store.Close)
	o := Options{Clock: coherence.NewClock(1), MaxBytes: 16 << 20, Observe: func(_ context.Context, _ loaders.Read, result string, keys int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told[result] += keys
	}}
	if change != nil {
		change(&o)
	}
	r.Cache = New(o)
	r.follow(t, true)
	// Until the replica is past the beginning of the epoch, all is read from the primary.
	r.sql(t, `SELECT pg_logical_emit_message(true, 'test', '')`)
	require.NoError(t, db.WaitReplica(t.Context()))
	return r
}

func (r *rig) sql(t testing.TB, statement string) {
	t.Helper()
	_, err := r.conn.Exec(t.Context(), statement)
	require.NoError(t, err)
}

// follow tells the clock that everything up to now was published, and that tags moved.
func (r *rig) follow(t testing.TB, begins bool, moved ...coherence.Tag) {
	t.Helper()
	var at int64
	require.NoError(t, r.conn.QueryRow(t.Context(), `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`).Scan(&at))
	m := coherence.Message{Epoch: r.epoch, From: r.at, To: coherence.Position(at), Begins: begins, Fenced: coherence.Position(at), Nonces: []coherence.Nonce{r.Clock.Nonce()}}
	if len(moved) > 0 {
		m.Commits = []coherence.Commit{{To: m.To, Tags: moved}}
	}
	r.Clock.Consume(m, func(coherence.Epoch) bool { return true })
	r.at = m.To
}

// counting counts the keys that a source is asked for.
type counting struct {
	next loaders.Source
	n    *atomic.Int32
	wait chan struct{} // nil: it does not wait
}

func (c counting) Read(ctx context.Context, reads []loaders.Read, last bool) {
	for _, read := range reads {
		c.n.Add(int32(read.Len()))
	}
	if c.wait != nil {
		<-c.wait
	}
	c.next.Read(ctx, reads, last)
}

// database is one for a response.
func (r *rig) database(v store.View, change ...func(*store.Reader)) Database {
	reader := r.store.Reader(v, 0)
	reader.Witness()
	for _, c := range change {
		c(reader)
	}
	return Database{reader, counting{loaders.FromStore(reader), &r.reads, nil}}
}

func (r *rig) response(t testing.TB, v store.View) context.Context {
	return loaders.With(t.Context(), loaders.New(r.Source(r.database(v), 0, func() Database {
		return r.database(v, (*store.Reader).OnPrimary)
	}), nil))
}

func vendor(n byte) store.VendorID {
	return store.VendorID{6: 0x70, 8: 0x80, 15: n}
}

func vendorTag(n byte) coherence.Tag {
	id := vendor(n)
	return coherence.TagOf("vendor", string(id[:]))
}

// name returns a vendor's name, as a response of its own reads it.
func (r *rig) name(t testing.TB, n byte) string {
	t.Helper()
	found, err := loaders.Vendor.Load(r.response(t, store.View{}), vendor(n))
	require.NoError(t, err)
	require.NotNil(t, found)
	return found.Name
}

func TestWhatIsKeptIsNotReadAgainUntilItChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 3 {
		require.Equal(t, "1 n 0", r.name(t, 1))
	}
	require.EqualValues(t, 1, r.reads.Load())

	r.sql(t, `UPDATE vendors SET name = replace(name, 'n 0', 'n 1')`)
	require.NoError(t, r.db.WaitReplica(t.Context()))
	r.follow(t, false, vendorTag(2))
	require.Equal(t, "1 n 0", r.name(t, 1), "only of another vendor the change was told")
	r.follow(t, false, vendorTag(1))
	require.Equal(t, "1 n 1", r.name(t, 1))
	require.EqualValues(t, 2, r.reads.Load())
}

func TestWhatDoesNotExistIsKeptToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 2 {
		found, err := loaders.Vendor.Load(r.response(t, store.View{}), vendor(77))
		require.NoError(t, err)
		require.Nil(t, found)
	}
	require.EqualValues(t, 1, r.reads.Load())
}

// TestALateReplicaIsNotBelieved pauses the replica: what it lacks is read from the primary.
func TestALateReplicaIsNotBelieved(t *testing.T) {
	r := newRig(t, nil) // not parallel: the replica is everybody's
	replica, err := pgx.Connect(t.Context(), r.db.ReplicaURL)
	require.NoError(t, err)
	defer replica.Close(t.Context())
	_, err = replica.Exec(t.Context(), `SELECT pg_wal_replay_pause()`)
	require.NoError(t, err)
	resume := func() {
		_, err := replica.Exec(context.WithoutCancel(t.Context()), `SELECT pg_wal_replay_resume()`)
		require.NoError(t, err)
	}
	defer resume()
	r.sql(t, `UPDATE vendors SET name = replace(name, 'n 0', 'n 1')`)
	r.follow(t, false, vendorTag(1))
	require.Equal(t, "1 n 1", r.name(t, 1))
	require.EqualValues(t, 2, r.reads.Load(), "the replica, and then the primary")
	require.Equal(t, 1, r.told[Refused])
	require.Equal(t, "1 n 1", r.name(t, 1))
	require.EqualValues(t, 2, r.reads.Load(), "kept")
}

// TestAColdHotKeyIsReadOnce has many responses miss the same keys at once.
func TestAColdHotKeyIsReadOnce(t *testing.T) {
	t.Parallel()
	const readers = 500
	r := newRig(t, nil)
	held := make(chan struct{})
	var all sync.WaitGroup
	var started atomic.Int32
	for range readers {
		all.Go(func() {
			db := r.database(store.View{})
			db.Source = counting{loaders.FromStore(db.Reader), &r.reads, held}
			ctx := loaders.With(t.Context(), loaders.New(r.Source(db, 0, nil), nil))
			started.Add(1)
			found, err := loaders.Vendor.LoadMany(ctx, []store.VendorID{vendor(1), vendor(2), vendor(3)})
			require.NoError(t, err)
			require.Len(t, found, 3)
			require.NotNil(t, found[2])
		})
	}
	require.Eventually(t, func() bool { return started.Load() == readers && r.reads.Load() > 0 }, 10*time.Second, time.Millisecond)
	close(held)
	all.Wait()
	require.EqualValues(t, 3, r.reads.Load())
}

// TestTwoThatWaitForOneAnother read keys in opposite orders.
func TestTwoThatWaitForOneAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var all sync.WaitGroup
	for i := range 50 {
		for _, keys := range [][]store.VendorID{{vendor(1), vendor(2)}, {vendor(2), vendor(1)}} {
			all.Go(func() {
				found, err := loaders.Vendor.LoadMany(r.response(t, store.View{}), keys)
				require.NoError(t, err)
				require.Equal(t, keys[0], found[0].ID)
				require.Equal(t, keys[1], found[1].ID)
			})
		}
		if i%10 == 0 {
			r.follow(t, false, vendorTag(1), vendorTag(2))
		}
	}
	all.Wait()
}

// failing is a source that fails.
type failing struct{ err error }

func (f failing) Read(ctx context.Context, reads []loaders.Read, _ bool) {
	for _, read := range reads {
		read.(*loaders.Batch[store.VendorID, *store.Vendor]).Err = f.err
	}
}

func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	broken := errors.New("connection lost")
	db := r.database(store.View{})
	db.Source = failing{broken}
	ctx := loaders.With(t.Context(), loaders.New(r.Source(db, 0, nil), nil))
	_, err := loaders.Vendor.Load(ctx, vendor(1))
	require.ErrorIs(t, err, broken)
	require.Equal(t, "1 n 0", r.name(t, 1))
}

func TestWithoutTrustNothingIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	require.Equal(t, "1 n 0", r.name(t, 1))
	r.Clock.Distrust()
	require.Equal(t, "1 n 0", r.name(t, 1))
	require.Equal(t, "1 n 0", r.name(t, 1))
	require.EqualValues(t, 3, r.reads.Load())
}

// TestATokenIsWaitedFor has responses that must see what the clock has not consumed.
func TestATokenIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	require.Equal(t, "1 n 0", r.name(t, 1))
	name := func(token coherence.Position) string {
		db := r.database(store.View{}, (*store.Reader).OnPrimary)
		ctx := loaders.With(t.Context(), loaders.New(r.Source(db, store.LSN(token), nil), nil))
		found, err := loaders.Vendor.Load(ctx, vendor(1))
		require.NoError(t, err)
		return found.Name
	}
	r.sql(t, `UPDATE vendors SET name = replace(name, 'n 0', 'n 1')`)
	require.Equal(t, "1 n 0", name(r.at), "kept")
	require.Equal(t, "1 n 1", name(r.at+1_000_000))
}

// TestAWholeTableMoves has a change of so many labels of options that only their table is told.
func TestAWholeTableMoves(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	facets := loaders.Facets(store.WholeShop().Kind(), store.ProductFilter{}, store.FacetSet{Options: true})
	for range 2 {
		_, err := facets.Load(r.response(t, store.View{}), store.WholeShop())
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, r.reads.Load())
	r.sql(t, `SELECT pg_logical_emit_message(true, 'test', '')`)
	require.NoError(t, r.db.WaitReplica(t.Context()))
	r.follow(t, false, coherence.TagOf("table", "option_labels"))
	_, err := facets.Load(r.response(t, store.View{}), store.WholeShop())
	require.NoError(t, err)
	require.EqualValues(t, 2, r.reads.Load())
}

// TestNoViewGetsAnothers asks for a draft's parts as staff, as a shopper, and after it was
// published, which changes only the product.
func TestNoViewGetsAnothers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	const product, image = "00000000-0000-7000-8000-000000000101", "00000000-0000-7000-8000-000000000102"
	r.sql(t, `INSERT INTO products (id, slug, title, status) VALUES ('`+product+`', 'draft', 'Draft', 'DRAFT')`)
	r.sql(t, `INSERT INTO product_slugs (slug, product_id) VALUES ('older', '`+product+`')`)
	r.sql(t, `INSERT INTO images (id, product_id, position, url) VALUES ('`+image+`', '`+product+`', 0, 'https://example.com/a.jpg')`)
	require.NoError(t, r.db.WaitReplica(t.Context()))
	r.follow(t, false)
	seen := func(v store.View) [3]bool {
		ctx := r.response(t, v)
		i, err := loaders.Image.Load(ctx, store.ImageID(uuid.MustParse(image)))
		require.NoError(t, err)
		p, err := loaders.Product.Load(ctx, store.ProductID(uuid.MustParse(product)))
		require.NoError(t, err)
		s, err := loaders.ProductBySlug.Load(ctx, "older")
		require.NoError(t, err)
		return [3]bool{i != nil, p != nil, s != nil}
	}
	nothing, everything := [3]bool{}, [3]bool{true, true, true}
	for range 2 {
		require.Equal(t, nothing, seen(store.View{}))
		require.Equal(t, everything, seen(store.View{Drafts: true}))
	}
	for _, published := range []bool{true, false} {
		status, want := "DRAFT", nothing
		if published {
			status, want = "ACTIVE", everything
		}
		r.sql(t, `UPDATE products SET status = '`+status+`' WHERE id = '`+product+`'`)
		require.NoError(t, r.db.WaitReplica(t.Context()))
		id := uuid.MustParse(product)
		r.follow(t, false, coherence.TagOf("product", string(id[:])), coherence.TagOf("products", ""), coherence.TagOf("slug", "draft"))
		require.Equal(t, want, seen(store.View{}))
		require.Equal(t, everything, seen(store.View{Drafts: true}))
	}
}
