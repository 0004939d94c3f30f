package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"souk/internal/fault"
)

// View says what the caller of a reader may see in addition to what every shopper may
// see. The zero value is the view of a shopper.
type View struct {
	// Drafts shows products that are not active, and their variants, images and
	// reviews.
	Drafts bool
	// Reviews shows reviews in any state.
	Reviews bool
	// Customers shows all customers with their addresses and other private data.
	Customers bool
	// Customer is the calling customer, who sees their own data. nil: the caller is
	// not a customer.
	Customer *CustomerID
	// Staff shows all staff and roles.
	Staff bool
	// StaffMember is the calling staff member, who sees their own account. nil: the
	// caller is not a staff member.
	StaffMember *StaffID
	// APIKeys shows API keys.
	APIKeys bool
	// Audit shows the audit log.
	Audit bool
	// Jobs shows the jobs behind the requests.
	Jobs bool
	// Documents shows the documents that were registered for apps.
	Documents bool
}

// Reader reads for one response. All its statements go to one server, which is
// chosen at the first statement. Replicas differ in how far they have replayed, so
// with several servers a later statement might not see what an earlier one saw. If
// that server fails, the remaining statements go to the primary. A Reader is safe for
// concurrent use.
type Reader struct {
	*response
	view View
	trip *trip // that the next statement joins; nil: it goes alone
}

// response is what all readers of a response have in common.
type response struct {
	router  *router
	changed func()
	selects Selection // nil: everything

	oneMoment bool
	witnesses bool
	sending   sync.Mutex // held during a round trip; of what is below
	moment    moment
	seen      []*Snapshot // see Seen

	mu      sync.Mutex
	pinned  *server
	after   LSN // what the server must have replayed
	written LSN
}

// Reader returns a reader for one response. It reads only from servers that have
// replayed the log up to after; 0 means that any server will do.
func (s *Store) Reader(view View, after LSN) *Reader {
	return &Reader{response: &response{router: s.router, after: after}, view: view}
}

// OnChange sets a function that is called after each change that the response makes.
func (r *Reader) OnChange(changed func()) { r.changed = changed }

// Select leaves out of rows what no field needs that the response selects. It must be
// called before the first read.
func (r *Reader) Select(s Selection) { r.selects = s }

// SelectAs selects what another reader does.
func (r *Reader) SelectAs(other *Reader) { r.selects = other.selects }

// Choice says which columns the response reads of the rows of an object type, one bit for
// each. Rows that are always read whole have 0.
func (r *Reader) Choice(object string) uint64 {
	switch object {
	case productColumns.object:
		return uint64(productColumns.needed(r.selects))
	case variantColumns.object:
		return uint64(variantColumns.needed(r.selects))
	case reviewColumns.object:
		return uint64(reviewColumns.needed(r.selects))
	case collectionColumns.object:
		return uint64(collectionColumns.needed(r.selects))
	}
	return 0
}

// View returns what the reader's caller may see.
func (r *Reader) View() View { return r.view }

// OnPrimary sends all further reads to the primary. If the primary is down, they
// fail: what a mutation checks must not be stale.
func (r *Reader) OnPrimary() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pinned, r.after = r.router.primary, maxLSN
}

// Written returns the log position after the last change that the response made, or
// 0 if it made none.
func (r *Reader) Written() LSN {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written
}

// wrote records a change at a log position. All further reads see it, and so also see
// everything that the response read before.
func (r *Reader) wrote(at LSN) {
	r.mu.Lock()
	r.written = max(r.written, at)
	r.after = r.written
	r.pinned = r.router.primary
	r.mu.Unlock()
	if r.changed != nil {
		r.changed()
	}
}

// server returns the response's server. The first call chooses it.
func (r *response) server(ctx context.Context) *server {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pinned == nil {
		r.pinned = r.router.pick(ctx, r.after)
	}
	return r.pinned
}

// read runs do on the response's server. If that is a replica that fails, or that
// cancels the statement because of a recovery conflict, do runs a second time on the
// primary. do must therefore only read, and must start from the beginning each time.
// If the primary is down as well, do runs on a replica even if it lags: stale data is
// better than no shop.
func (r *response) read(ctx context.Context, do func(context.Context, *server) error) error {
	chosen := r.server(ctx)
	err := r.router.try(ctx, chosen, do)
	if err == nil {
		return nil
	}
	if ctx.Err() == nil {
		if next := r.failOver(ctx, chosen, err); next != nil {
			err = r.router.try(ctx, next, do)
		}
	}
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err) // pgx may say no more than that the connection is closed
	}
	return readFault(err)
}

// failOver returns the server on which the response continues after a failure, or
// nil if there is none.
func (r *response) failOver(ctx context.Context, failed *server, err error) *server {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.router.fallback(ctx, failed, err, r.after)
	if next != nil {
		r.pinned = next
	}
	return next
}

// query runs a statement and reads its rows with collect. collect may run twice, so
// it must start from the beginning each time.
func (r *Reader) query(ctx context.Context, statement string, args pgx.StrictNamedArgs, collect func(pgx.Rows) error) error {
	return r.run(ctx, &query{statement: statement, args: args, collect: collect})
}

// run runs a statement with those of the other reads, or alone.
func (r *Reader) run(ctx context.Context, q *query) error {
	joined, err := r.join(ctx, q)
	if !joined {
		err = r.send(ctx, []*query{q}, false)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", nameOf(q.statement), err)
	}
	return nil
}

// nameOf returns the name in the first line of a statement.
func nameOf(statement string) string {
	line, _, _ := strings.Cut(statement, "\n")
	return strings.TrimPrefix(line, "-- name: ")
}

// many returns all rows of a statement.
func many[T any](ctx context.Context, r *Reader, what *chosen[T], statement string, args pgx.StrictNamedArgs) ([]*T, error) {
	var items []*T
	err := r.query(ctx, statement, args, func(found pgx.Rows) (err error) {
		items, err = what.rows(found)
		return err
	})
	return items, err
}

// one returns the only row of a statement. If there is none, it returns NotFound with
// notFound as the message.
func one[T any](ctx context.Context, r *Reader, what *chosen[T], notFound, statement string, args pgx.StrictNamedArgs) (*T, error) {
	items, err := many(ctx, r, what, statement, args)
	switch {
	case err != nil:
		return nil, err
	case len(items) == 0:
		return nil, fault.NotFound("%s", notFound)
	case len(items) > 1:
		return nil, fmt.Errorf("%s: %d rows, expected one", nameOf(statement), len(items))
	}
	return items[0], nil
}
