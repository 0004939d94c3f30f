// Package zoo is a gqlgen project of its own for the tests of the package executor: a
// schema that has each shape which gqlgen knows, and resolvers that fail at times. [New]
// returns both executors over it.
package zoo

//go:generate go run ./gen

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph/executor"
)

// Zoo has two servers for one schema.
type Zoo struct {
	Schema *ast.Schema
	// Ours is what this package tests.
	Ours *executor.Schema
	// Gqlgen runs operations with gqlgen's executor, and BreadthFirst with ours.
	Gqlgen, BreadthFirst *gqlgen.Executor
}

// New returns a zoo whose executor of ours has options.
func New(options executor.Options) *Zoo {
	schema := NewExecutableSchema(Config{Resolvers: resolvers{}})
	z := &Zoo{Schema: schema.Schema(), Ours: executor.New(schema, ExecutorTypes(schema), options), Gqlgen: gqlgen.New(schema)}
	z.BreadthFirst = gqlgen.New(z.Ours)
	last := &documents{last: map[string]*ast.QueryDocument{}}
	for _, exec := range []*gqlgen.Executor{z.Gqlgen, z.BreadthFirst} {
		exec.SetQueryCache(last)
		exec.SetRecoverFunc(Recover)
		exec.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
			graphql.GetOperationContext(ctx).DisableIntrospection = false
			return next(ctx)
		})
	}
	return z
}

// Recover is the error of a panic.
func Recover(context.Context, any) error { return errors.New("panicked") }

// documents is a cache of the documents that were parsed last.
type documents struct {
	mu   sync.Mutex
	last map[string]*ast.QueryDocument
}

func (d *documents) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	document, ok := d.last[text]
	return document, ok
}

func (d *documents) Add(_ context.Context, text string, document *ast.QueryDocument) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.last) > 20 {
		clear(d.last)
	}
	d.last[text] = document
}
