package gql

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/documents"
	"souk/internal/door"
	"souk/internal/edge/admit"
	"souk/internal/edge/inflight"
	"souk/internal/edge/reply"
)

// Options are what a handler needs. Executor, Door, Admission and InFlight are
// required.
type Options struct {
	// Executor runs the operations. The handler sets its cache of documents and adds
	// an operation middleware, so others must be added before.
	Executor *executor.Executor
	// Meters means that the executor's schema counts by itself what an operation returns,
	// with MeterOf. Otherwise each field is counted around its resolver.
	Meters bool
	// Door admits the documents.
	Door *door.Door
	// Documents finds the documents that requests name; nil knows none.
	Documents *documents.Library
	// Owner returns whom the documents count for that a request registers; nil means that
	// all are one's.
	Owner func(context.Context) string
	// SendsText reports whether a caller may send a text where only registered documents
	// run; nil means that nobody may.
	SendsText func(context.Context) bool
	// Admission lets operations run while the server has more work than it can do.
	Admission *admit.Admitter
	// InFlight bounds the memory of answers whose clients read slowly.
	InFlight *inflight.Ledger
	// Caller returns who sends a request, for Admission and InFlight; nil means that
	// all are one caller.
	Caller func(context.Context) admit.Caller
	// Introspection lets clients ask for the schema.
	Introspection bool
	// Costs adds extensions.cost to each answer. Without it, a request can ask for it
	// with {"cost": true} in its extensions.
	Costs bool
	// Explains reports whether a caller may see extensions.explain, which a request asks for
	// with {"explain": true} in its extensions; nil means that nobody may.
	Explains func(context.Context) bool
	// Observe is told of each request when it has its answer; nil means nobody is.
	Observe func(context.Context, Outcome)
}

// Outcome is what a request was and what became of it. What was not known when the
// request was refused is zero.
type Outcome struct {
	// Name is the operation's name, and Type is query or mutation.
	Name, Type string
	// Document is the hash of the document's text.
	Document string
	// Requested is the cost that was estimated, and Actual the real one, in points.
	Requested, Actual int64
	// Codes are those of the answer's errors.
	Codes []string
	// Took is the time from the request's headers to its answer, without writing it.
	Took time.Duration
}

// handler answers GraphQL over HTTP with one JSON answer for each request.
type handler struct {
	Options
	turns   *turns
	buffers buffers
}

// NewHandler returns the handler of /graphql. What is wrong with a request's method
// and headers, the edge refuses before.
func NewHandler(o Options) http.Handler {
	o.Executor.SetQueryCache(admitted{})
	if !o.Meters {
		o.Executor.AroundOperations(boundFields)
	}
	if o.Caller == nil {
		o.Caller = func(context.Context) admit.Caller { return admit.Caller{} }
	}
	if o.Documents == nil {
		o.Documents = documents.New(documents.Options{Mode: documents.Off})
	}
	if o.Owner == nil {
		o.Owner = func(context.Context) string { return "" }
	}
	if o.SendsText == nil {
		o.SendsText = func(context.Context) bool { return false }
	}
	if o.Explains == nil {
		o.Explains = func(context.Context) bool { return false }
	}
	if o.Observe == nil {
		o.Observe = func(context.Context, Outcome) {}
	}
	return &handler{Options: o, turns: newTurns()}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	a := &answer{caller: h.Caller(r.Context()), header: w.Header()}
	ctx := graphql.StartOperationTrace(r.Context())
	if params, failed := readRequest(r, h.Door.Limits()); failed != nil {
		a.kind, a.response = failed.kind, h.refused(ctx, failed.error)
	} else {
		h.run(ctx, r.Method, params, a)
		h.count(params, a, time.Since(began))
	}
	a.Took = time.Since(began)
	defer func() { // after the write, which may give another answer
		a.Codes = codesOf(a.response)
		h.Observe(ctx, a.Outcome)
	}()
	if errors.Is(ctx.Err(), context.Canceled) && a.kind != reply.BodyTooSlow {
		// (net/http also cancels when its own read timeout ends a body.)
		reply.Write(w, r, reply.ClientLeft, nil)
		return
	}
	h.write(w, r, a)
}

// answer is what a request gets.
type answer struct {
	Outcome
	caller     admit.Caller
	found      documents.Found // what the request's document is known as
	document   *door.Document  // nil if it did not pass the door
	header     http.Header
	kind       reply.Kind
	response   *graphql.Response
	shared     *reply.Shared // nil: no cache may keep it
	buffer     *buffer       // that the data is in; nil if nothing ran
	retryAfter time.Duration // for reply.Busy
}

// write sends the answer. It waits for the client, so the memory of answers is
// bounded here.
func (h *handler) write(w http.ResponseWriter, r *http.Request, a *answer) {
	switch a.kind {
	case reply.MethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case reply.Busy: // by admission
		w.Header().Set("Retry-After", seconds(a.retryAfter))
	}
	body, buffer := h.buffers.fit(h.encode(a))
	if a.shared != nil {
		reply.Share(w, r, *a.shared, body)
	}
	status := reply.Begin(w, r, a.kind, len(body))
	err := h.InFlight.Write(w, r, inflight.Answer{
		Caller: a.caller.Network, Status: status, Body: [][]byte{body},
	})
	full, noRoom := errors.AsType[*inflight.Full](err)
	switch {
	case err == nil:
		if buffer != nil {
			h.buffers.put(buffer)
		}
	case noRoom && a.Type == string(ast.Mutation):
		// It was done, and a client that is told to try again would do it twice.
		w.WriteHeader(status)
		_, _ = w.Write(body) // fails when the client has disconnected
	case noRoom:
		a.kind, a.response, a.retryAfter = reply.Busy, h.refused(r.Context(), overloaded(full, fullRetry)), fullRetry
		w.Header().Set("Retry-After", seconds(a.retryAfter))
		reply.Write(w, r, a.kind, h.encode(a).bytes)
	case errors.Is(err, http.ErrAbortHandler):
		panic(http.ErrAbortHandler) // a part of the answer has been sent; it must not look whole
	case errors.Is(err, context.DeadlineExceeded): // while it waited for room
		a.kind, a.response = reply.OutOfTime, h.refused(r.Context(), err)
		reply.Write(w, r, a.kind, h.encode(a).bytes)
	}
	// Any other error is the client's, which has left.
}

// encode takes the buffer from an answer, and returns it with the body.
func (h *handler) encode(a *answer) *buffer {
	b := a.buffer
	if a.buffer = nil; b == nil {
		b = h.buffers.take()
	}
	b.encode(a.response)
	return b
}

// fullRetry is when a client should return whose answer found no room: by then, the
// slowest readers are cut.
const fullRetry = time.Second

// seconds rounds up to the whole seconds of Retry-After.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func codesOf(response *graphql.Response) (codes []string) {
	if response == nil {
		return nil
	}
	for _, err := range response.Errors {
		codes = append(codes, codeOf(err))
	}
	return codes
}
