package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"souk/internal/fault"
)

// View is what a reader's caller may see beyond what every shopper does. The zero
// value is a shopper's.
type View struct {
	// Drafts shows products that are not on sale, and what hangs on them.
	Drafts bool
	// Reviews shows reviews in any state.
	Reviews bool
	// Customers shows all customers with what is theirs.
	Customers bool
	// Customer is the customer who asks, and sees what is theirs; nil: none.
	Customer *CustomerID
	// Staff shows all staff and roles.
	Staff bool
	// StaffMember is the staff member who asks, and sees themselves; nil: none.
	StaffMember *StaffID
	// APIKeys shows API keys.
	APIKeys bool
	// Audit shows who changed what.
	Audit bool
}

// Reader reads for one operation. All its statements go to one server, chosen by
// the first, so that what one of them saw is there for the next: replicas differ
// in how far they are. If that server fails, the rest goes to the primary. It is
// safe for concurrent use.
type Reader struct {
	router *router
	view   View

	mu      sync.Mutex
	pinned  *server
	after   LSN // what must have been replayed where it reads
	written LSN
}

// Reader returns a reader for one operation. It reads only where everything up to
// after has been replayed; 0 demands nothing.
func (s *Store) Reader(view View, after LSN) *Reader {
	return &Reader{router: s.router, view: view, after: after}
}

// OnPrimary makes all further reads go to the primary and, when that is down, to
// nobody: what a mutation checks must not be old.
func (r *Reader) OnPrimary() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pinned, r.after = r.router.primary, everything
}

// Written returns the position after the last change that was made for the
// operation; 0 when there was none.
func (r *Reader) Written() LSN {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written
}

// wrote notes a change: from then on it must be seen. Whoever has seen that has
// seen all that the operation saw before.
func (r *Reader) wrote(at LSN) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = max(r.written, at)
	r.after = r.written
	r.pinned = r.router.primary
}

// server returns the operation's server, picking it at the first call.
func (r *Reader) server(ctx context.Context) *server {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pinned == nil {
		r.pinned = r.router.pick(ctx, r.after)
	}
	return r.pinned
}

// read runs do on the operation's server. When that is a replica which dies, or
// cancels the statement for its replay's sake, do runs once more on the primary;
// it must therefore only read, and start over. When the primary is gone too, a
// replica that has fallen behind is better than no shop.
func (r *Reader) read(ctx context.Context, do func(*pgxpool.Pool) error) error {
	chosen := r.server(ctx)
	err := do(chosen.pool)
	if err == nil {
		return nil
	}
	if ctx.Err() == nil {
		if next := r.elsewhere(ctx, chosen, err); next != nil {
			err = do(next.pool)
		}
	}
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err) // pgx may say no more than that the connection is closed
	}
	return readFault(err)
}

// elsewhere returns the server that the operation goes on with after a failure;
// nil when there is none that would do.
func (r *Reader) elsewhere(ctx context.Context, failed *server, err error) *server {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.router.instead(ctx, failed, err, r.after)
	if next != nil {
		r.pinned = next
	}
	return next
}

// query runs a statement; collect reads the rows and may run twice, so it must
// start over each time.
func (r *Reader) query(ctx context.Context, statement string, args pgx.StrictNamedArgs, collect func(pgx.Rows) error) error {
	err := r.read(ctx, func(pool *pgxpool.Pool) error {
		conn, err := acquire(ctx, pool)
		if err != nil {
			return err
		}
		defer conn.Release()
		rows, err := conn.Query(ctx, statement, args)
		if err != nil {
			return err
		}
		defer rows.Close()
		return collect(rows)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	return nil
}

// nameOf returns the name in a statement's first line.
func nameOf(statement string) string {
	line, _, _ := strings.Cut(statement, "\n")
	return strings.TrimPrefix(line, "-- name: ")
}

// many returns every row of a statement, as structs whose fields the columns name.
func many[T any](ctx context.Context, r *Reader, statement string, args pgx.StrictNamedArgs) ([]*T, error) {
	var items []*T
	err := r.query(ctx, statement, args, func(rows pgx.Rows) error {
		var err error
		items, err = pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[T])
		return err
	})
	return items, err
}

// one returns the only row of a statement, or NotFound with words for a person.
func one[T any](ctx context.Context, r *Reader, notFound, statement string, args pgx.StrictNamedArgs) (*T, error) {
	items, err := many[T](ctx, r, statement, args)
	switch {
	case err != nil:
		return nil, err
	case len(items) == 0:
		return nil, fault.NotFound("%s", notFound)
	case len(items) > 1:
		return nil, fmt.Errorf("%s: %d rows where one was expected", nameOf(statement), len(items))
	}
	return items[0], nil
}
