package store

import (
	"context"
	"slices"
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
	seen *Snapshot // nil: nobody asks
}

const (
	beginMoment = `-- name: BeginMoment
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	endMoment = `-- name: EndMoment
COMMIT`
	abandonMoment = `-- name: AbandonMoment
ROLLBACK`
	planEachTime = `-- name: PlanEachTime
SET LOCAL plan_cache_mode = force_custom_plan`
	planAsUsual = `-- name: PlanAsUsual
SET LOCAL plan_cache_mode = auto`
	planOnce = `-- name: PlanOnce
SET LOCAL plan_cache_mode = force_generic_plan`
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
	// varied statements find few rows or very many, depending on their arguments, and are
	// planned for them each time. All others are planned once a connection.
	varied  bool
	arrived bool // collect has succeeded
}

// OneMoment makes all further reads show the shop as it is at the first of them, until
// the response changes something or the server fails. Call End when the response is ready.
func (r *Reader) OneMoment() { r.oneMoment = true }

// End ends what OneMoment began. The transaction may end later, as nobody waits for that.
func (r *Reader) End() {
	r.sending.Lock()
	defer r.sending.Unlock()
	if m := r.moment.take(); m.conn != nil {
		go m.end()
	}
}

// send sends statements to the response's server in one round trip. The first one that
// fails ends the round trip, and those after it have not run. last says that the response
// reads no more, as far as is known.
func (r *response) send(ctx context.Context, queries []*query, last bool) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	return r.read(ctx, func(ctx context.Context, s *server) error { return r.sendTo(ctx, s, queries, last) })
}

// sendTo sends statements, with those that begin and end the moment. A single round trip
// with a single statement needs no transaction for it.
func (r *response) sendTo(ctx context.Context, to *server, queries []*query, last bool) error {
	m, begun := r.moment.take(), true
	if m.on != to {
		m.end()
		conn, err := acquire(ctx, to.pool)
		if err != nil {
			return err
		}
		m, begun = moment{conn: conn, on: to}, false
	}
	inside := begun || r.oneMoment && (!last || len(queries) > 1)
	varied := to.plansOnce && slices.ContainsFunc(queries, func(q *query) bool { return q.varied })
	b := &batch{known: &r.router.statements}
	if !begun {
		r.begin(b, &m, inside || varied)
	}
	for _, q := range queries {
		b.steer(varied && q.varied, planEachTime)
		b.query(q)
		b.steer(varied && q.varied, planOnce)
	}
	last = last || !inside
	b.steer((inside || varied) && last, endMoment)
	goesOn := false
	defer func() {
		if goesOn {
			r.moment = m
		} else {
			m.end() // also after a panic
		}
		if m.seen != nil {
			r.seen = append(r.seen, m.seen)
		}
	}()
	err := b.collect(m.conn.SendBatch(ctx, &b.Batch))
	goesOn = err == nil && !last
	return err
}

// begin adds what comes before the first statement of a moment.
func (r *response) begin(b *batch, m *moment, transaction bool) {
	standby := r.witnesses && transaction && m.on != r.router.primary
	b.steer(standby, beginSnapshot)
	b.steer(transaction && !standby, beginMoment)
	if r.witnesses {
		b.witness(&m.seen)
	}
	b.steer(standby, endMoment)
	b.steer(standby, beginMoment)
}

// batch are the statements of a round trip.
type batch struct {
	pgx.Batch
	known   *positional
	results []func(pgx.BatchResults) error
}

// steer adds a statement without a result, if it is wanted.
func (b *batch) steer(wanted bool, statement string) {
	if !wanted {
		return
	}
	b.Queue(statement)
	b.results = append(b.results, func(results pgx.BatchResults) error {
		_, err := results.Exec()
		return err
	})
}

func (b *batch) query(q *query) {
	q.arrived = false
	b.Queue(q.statement, strict{b.known, q.args})
	b.results = append(b.results, func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		if err := q.collect(rows); err != nil {
			return err
		}
		q.arrived = true
		return nil
	})
}

// collect reads the results up to the first one that is an error.
func (b *batch) collect(results pgx.BatchResults) error {
	defer results.Close()
	for _, read := range b.results {
		if err := read(results); err != nil {
			return err
		}
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
	_, _ = m.conn.Exec(ctx, abandonMoment)
}
