package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// moment is the transaction in which a response reads. It shows everything as it was when
// its first statement began, so that what the response says fits together. It is on one
// connection from the first round trip to the last one.
type moment struct {
	conn *pgxpool.Conn // nil: it has not begun, or is over
	on   *server
}

const (
	beginMoment = `-- name: BeginMoment
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	endMoment = `-- name: EndMoment
COMMIT`
)

// endTimeout is the time that the end of a transaction may take. It only reads.
const endTimeout = 5 * time.Second

// query is a statement of a round trip.
type query struct {
	statement string
	args      pgx.StrictNamedArgs
	// collect reads the rows. It may run twice, so it must start from the beginning each
	// time.
	collect func(pgx.Rows) error
	arrived bool // collect has succeeded
}

// OneMoment makes all further reads show the shop as it is at the first of them, until
// the response changes something or the server fails. Call End when the response is ready.
func (r *Reader) OneMoment() { r.oneMoment = true }

// End ends what OneMoment began. The transaction may end later, as nobody waits for that.
func (r *Reader) End() {
	r.sending.Lock()
	defer r.sending.Unlock()
	go r.moment.take().end()
}

// send sends statements to the response's server in one round trip. The first one that
// fails ends the round trip, and those after it have not run. last says that the response
// reads no more, as far as is known.
func (r *response) send(ctx context.Context, queries []*query, last bool) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	return r.read(ctx, func(s *server) error { return r.sendTo(ctx, s, queries, last) })
}

// sendTo sends statements, with those that begin and end the moment. A single round trip
// with a single statement needs no transaction for one.
func (r *response) sendTo(ctx context.Context, to *server, queries []*query, last bool) error {
	m, begun := r.moment.take(), true
	if m.on != to {
		m.end()
		conn, err := acquire(ctx, to.pool)
		if err != nil {
			return err
		}
		m, begun = moment{conn, to}, false
	}
	inside := r.oneMoment && (begun || !last || len(queries) > 1)
	batch := &pgx.Batch{}
	if inside && !begun {
		batch.Queue(beginMoment)
	}
	for _, q := range queries {
		q.arrived = false
		batch.Queue(q.statement, q.args)
	}
	if inside && last {
		batch.Queue(endMoment)
	}
	err := collect(m.conn.SendBatch(ctx, batch), queries, inside && !begun)
	switch {
	case err != nil:
		m.end()
	case inside && !last:
		r.moment = m
	default:
		m.conn.Release()
	}
	return err
}

// collect reads the results of a round trip.
func collect(results pgx.BatchResults, queries []*query, begins bool) error {
	defer results.Close()
	if begins {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	for _, q := range queries {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		err = q.collect(rows)
		rows.Close()
		if err != nil {
			return err
		}
		q.arrived = true
	}
	return results.Close()
}

// take returns the moment, and leaves none.
func (m *moment) take() moment {
	taken := *m
	*m = moment{}
	return taken
}

// end ends the transaction, if there is one, and gives the connection back.
func (m moment) end() {
	if m.conn == nil {
		return
	}
	defer m.conn.Release() // closes the connection if it is still in a transaction
	if status := m.conn.Conn().PgConn().TxStatus(); status == 'I' || m.conn.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_, _ = m.conn.Exec(ctx, "-- name: AbandonMoment\nROLLBACK")
}
