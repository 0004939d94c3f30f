package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// positional are statements in the form that Postgres takes, with $1 in place of @name. To
// make it, pgx reads the whole statement, each time that it is sent.
type positional struct {
	mu    sync.RWMutex
	known map[string]numbered
}

// numbered is a statement with the names of its arguments, in the order of their numbers.
type numbered struct {
	statement string
	names     []string
}

// maxNumbered bounds the statements that are kept. They are made of constant fragments, so
// there are some hundreds.
const maxNumbered = 4096

// strict are named arguments of a statement that is read once: see pgx.StrictNamedArgs.
type strict struct {
	*positional
	args pgx.StrictNamedArgs
}

// RewriteQuery implements pgx.QueryRewriter.
func (s strict) RewriteQuery(ctx context.Context, conn *pgx.Conn, statement string, _ []any) (string, []any, error) {
	s.mu.RLock()
	n, known := s.known[statement]
	s.mu.RUnlock()
	if !known {
		return s.read(ctx, conn, statement)
	}
	values := make([]any, 0, len(n.names))
	for _, name := range n.names {
		if value, given := s.args[name]; given {
			values = append(values, value)
		}
	}
	if len(values) != len(n.names) || len(values) != len(s.args) {
		return s.args.RewriteQuery(ctx, conn, statement, nil) // which says what is wrong
	}
	return n.statement, values, nil
}

// read lets pgx read the statement, and keeps what it finds.
func (s strict) read(ctx context.Context, conn *pgx.Conn, statement string) (string, []any, error) {
	own := make(pgx.StrictNamedArgs, len(s.args)) // each name is its own value
	for name := range s.args {
		own[name] = name
	}
	text, names, err := own.RewriteQuery(ctx, conn, statement, nil)
	if err == nil {
		s.keep(statement, numbered{text, mapSlice(names, func(name any) string { return name.(string) })})
	}
	return s.args.RewriteQuery(ctx, conn, statement, nil)
}

func (p *positional) keep(statement string, n numbered) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]numbered{}
	}
	if len(p.known) < maxNumbered {
		p.known[statement] = n
	}
}
