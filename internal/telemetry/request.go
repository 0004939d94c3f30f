package telemetry

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

type requestKey struct{}

// request is the request of a context, as telemetry knows it. It is its own context value.
type request struct {
	context.Context
	id string

	mu          sync.Mutex
	reported    map[string]struct{}
	annotations []slog.Attr
	statements  []StatementUse // few: each is there once

	room [usualAnnotations]slog.Attr // for the first annotations
}

// usualAnnotations is how many annotations most requests have: those of an operation.
const usualAnnotations = 5

// Value returns the request under its own key, and the parent's values.
func (r *request) Value(key any) any {
	if key == (requestKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// maxReported bounds the memory for one request's distinct causes and for its
// annotations: a WebSocket is one request and may live for days. Statements are
// bounded by their names, which are the store's.
const maxReported = 64

// StatementUse is how often a request ran a statement, and how long that took.
type StatementUse struct {
	Name  string
	Calls int
	Took  time.Duration
}

// WithRequestID returns a context whose log records have the request ID.
func WithRequestID(ctx context.Context, id string) context.Context {
	r := &request{Context: ctx, id: id}
	r.annotations = r.room[:0]
	return r
}

// RequestID returns the ID of the request that ctx belongs to, or "" outside of one.
func RequestID(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.id
	}
	return ""
}

// FirstReport reports whether this cause is new to the request. A batch that
// fails for a hundred parents is a hundred errors to the client and one line in
// the log. Outside of a request every report is a first one.
func FirstReport(ctx context.Context, cause string) bool {
	r := requestOf(ctx)
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, seen := r.reported[cause]; seen || len(r.reported) >= maxReported {
		return false
	}
	if r.reported == nil {
		r.reported = make(map[string]struct{})
	}
	r.reported[cause] = struct{}{}
	return true
}

// Annotate adds attributes to the line of the request in the access log. Their values
// should be short.
func Annotate(ctx context.Context, attrs ...slog.Attr) {
	r := requestOf(ctx)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.annotations)+len(attrs) <= maxReported {
		r.annotations = append(r.annotations, attrs...)
	}
}

// Annotations appends the attributes that Annotate has added to others.
func Annotations(ctx context.Context, to []slog.Attr) []slog.Attr {
	r := requestOf(ctx)
	if r == nil {
		return to
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(to, r.annotations...)
}

func (r *request) ran(statement string, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.statements, func(use StatementUse) bool { return use.Name == statement })
	if i < 0 {
		i = len(r.statements)
		r.statements = append(slices.Grow(r.statements, 4), StatementUse{Name: statement})
	}
	r.statements[i].Calls++
	r.statements[i].Took += took
}

// Statements returns the statements that a request has run, the longest first.
func Statements(ctx context.Context) []StatementUse {
	r := requestOf(ctx)
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	uses := slices.Clone(r.statements)
	slices.SortFunc(uses, func(a, b StatementUse) int {
		return cmp.Or(cmp.Compare(b.Took, a.Took), cmp.Compare(a.Name, b.Name))
	})
	return uses
}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}
