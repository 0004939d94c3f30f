package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"souk/internal/fault"
)

// query runs a read on the pool that the router picks; collect reads the rows
// and may run twice, so it must start over each time.
func (s *Store) query(ctx context.Context, statement string, args pgx.StrictNamedArgs, collect func(pgx.Rows) error) error {
	return s.router.read(ctx, func(pool *pgxpool.Pool) error {
		rows, err := pool.Query(ctx, statement, args)
		if err != nil {
			return err
		}
		return collect(rows)
	})
}

// many returns every row of a read, as structs whose fields the columns name.
func many[T any](ctx context.Context, s *Store, statement string, args pgx.StrictNamedArgs) ([]*T, error) {
	var items []*T
	err := s.query(ctx, statement, args, func(rows pgx.Rows) error {
		var err error
		items, err = pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[T])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return items, nil
}

// one returns the only row of a read, or NotFound with the words for a person.
func one[T any](ctx context.Context, s *Store, notFound, statement string, args pgx.StrictNamedArgs) (*T, error) {
	var item *T
	err := s.query(ctx, statement, args, func(rows pgx.Rows) error {
		var err error
		item, err = pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[T])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("%s", notFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return item, nil
}
