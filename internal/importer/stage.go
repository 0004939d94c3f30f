package importer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const (
	// stageRecords and stageBytes bound what is held before it is sent to
	// Postgres with COPY. Two such loads exist at once.
	stageRecords = 10_000
	stageBytes   = 4 << 20
	// batchRecords is how many records the reader passes to the stage at a
	// time, so that the channel between them costs nothing.
	batchRecords = 128
	// batchBytes bounds the long texts of such a batch.
	batchBytes = 1 << 20
	// knownNames bounds the names of vendors and category paths that the stage
	// remembers as sent. Beyond it the stage forgets them and sends them again,
	// which the merge accepts.
	knownNames = 50_000
)

// load is the content of one COPY round: rows for each staging table.
type load struct {
	rows    [len(stageTables)]copyRows
	records int
}

func (l *load) bytes() (n int) {
	for i := range l.rows {
		n += len(l.rows[i].buf)
	}
	return n
}

// stager writes records as rows of the staging tables. It belongs to one
// goroutine.
type stager struct {
	load    *load
	full    chan<- *load
	empty   <-chan *load
	files   map[string]int64
	vendors map[string]int64
	paths   map[string]int64
	counts  *stageCounts
	random  *bufio.Reader
	source  string
	seq     int64
	names   int64
}

// stageCounts is the result of staging.
type stageCounts struct {
	files             []string
	products, reviews int64
	levels, parts     int64
}

// stage reads all files into the staging tables: one goroutine parses, one
// builds rows, this one feeds COPY. Memory does not depend on the input's size.
func (r *run) stage(ctx context.Context, conn *pgx.Conn, files []string) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []Record, 2)
	full, empty := make(chan *load, 1), make(chan *load, 2)
	empty <- &load{}
	empty <- &load{}
	group.Go(func() error {
		defer close(batches)
		return r.readFiles(ctx, files, batches)
	})
	group.Go(func() error {
		defer close(full)
		s := &stager{
			full: full, empty: empty, counts: &r.staged, source: r.options.Source,
			files: map[string]int64{}, vendors: map[string]int64{}, paths: map[string]int64{},
			random: bufio.NewReaderSize(rand.Reader, 4096),
		}
		return s.run(ctx, batches)
	})
	group.Go(func() error {
		for l := range full {
			if err := copyLoad(ctx, conn, l); err != nil {
				return err
			}
			empty <- l
		}
		return nil
	})
	return group.Wait()
}

// copyLoad sends the content of l and empties it.
func copyLoad(ctx context.Context, conn *pgx.Conn, l *load) error {
	for i := range l.rows {
		rows := &l.rows[i]
		if rows.count == 0 {
			continue
		}
		statement := "COPY " + stageTables[i].name + " FROM STDIN"
		if _, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(rows.buf), statement); err != nil {
			return fmt.Errorf("stage %s: %w", stageTables[i].name, err)
		}
		rows.reset()
	}
	l.records = 0
	return nil
}

func (s *stager) run(ctx context.Context, batches <-chan []Record) error {
	for batch := range batches {
		for _, record := range batch {
			if err := s.room(ctx); err != nil {
				return err
			}
			if err := s.add(record); err != nil {
				return err
			}
		}
	}
	return s.flush(ctx)
}

// room makes sure that there is a load with room for a record.
func (s *stager) room(ctx context.Context) error {
	if s.load != nil && (s.load.records >= stageRecords || s.load.bytes() >= stageBytes) {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	if s.load == nil {
		select {
		case s.load = <-s.empty:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.load.records++
	return nil
}

func (s *stager) flush(ctx context.Context) error {
	if s.load == nil {
		return nil
	}
	select {
	case s.full <- s.load:
		s.load = nil
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *stager) newID() (uuid.UUID, error) {
	id, err := uuid.NewV7FromReader(s.random)
	if err != nil {
		return id, fmt.Errorf("make an id: %w", err)
	}
	return id, nil
}

// begin starts a row with the columns that all staged records begin with:
// sequence, file number, line and a new id.
func (s *stager) begin(table stageTable, place Place) (*copyRows, error) {
	id, err := s.newID()
	if err != nil {
		return nil, err
	}
	s.seq++
	rows := &s.load.rows[table]
	rows.int(s.seq)
	rows.int(s.fileNumber(place.File))
	rows.int(int64(place.Line))
	rows.uuid(id)
	return rows, nil
}

func (s *stager) fileNumber(name string) int64 {
	n, known := s.files[name]
	if !known {
		n = int64(len(s.files))
		s.files[name] = n
		s.counts.files = append(s.counts.files, name)
	}
	return n
}
