package gql

import (
	"context"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/internal/documents"
	"souk/internal/door"
	"souk/internal/edge/admit"
	"souk/internal/edge/reply"
	"souk/internal/explain"
	"souk/internal/fault"
)

// run takes a request through the door and runs it.
func (h *handler) run(ctx context.Context, method string, params *request, a *answer) {
	refuse := func(ctx context.Context, kind reply.Kind, err error) {
		a.kind, a.response = kind, h.refused(ctx, err)
	}
	document, err := h.document(ctx, params, a)
	switch {
	case errors.Is(err, errTurn):
		a.kind, a.response, a.retryAfter = reply.Busy, h.refused(ctx, overloaded(err, maxTurnWait)), maxTurnWait
		return
	case err != nil && ctx.Err() != nil:
		refuse(ctx, reply.OutOfTime, ctx.Err())
		return
	case err != nil:
		refuse(ctx, kindOfDocument(err), err)
		return
	}
	if len(document.Tree.Operations) == 0 {
		refuse(ctx, reply.Syntax, coded(gqlerror.Errorf(noOperation), errcode.ValidationFailed))
		return
	}
	a.Document, a.document, params.Query = document.Hash, document, document.Text
	if op := document.Tree.Operations.ForName(params.OperationName); op != nil {
		a.Name, a.Type = op.Name, string(op.Operation)
		if kind, err := offered(op.Operation, method); err != nil {
			refuse(ctx, kind, err)
			return
		}
	}
	op, errs := h.Executor.CreateOperationContext(context.WithValue(ctx, admittedKey{}, document.Tree), &params.RawParams)
	if errs != nil {
		a.kind, a.response = reply.Variables, h.Executor.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		if op.Operation == nil {
			a.kind = reply.UnknownOperation
		}
		return
	}
	op.DisableIntrospection = !h.Introspection
	price, err := h.Door.Price(document, op.Operation, op.Variables)
	a.Requested = price.Points
	if err != nil {
		refuse(graphql.WithOperationContext(ctx, op), kindOfDocument(err), err)
		return
	}
	var recorder *explain.Recorder
	if asksFor(explainKey, params) && h.Explains(ctx) {
		recorder = explain.New()
		ctx = explain.With(ctx, recorder)
	}
	a.shared = sharing(method, op)
	h.execute(ctx, document, op, a)
	if a.found.Register && a.kind.Worked() {
		h.Documents.Register(ctx, h.Owner(ctx), document.Key, document.Text)
	}
	if h.Documents.Mode == documents.Prefer && !a.found.Trusted {
		extend(a.response, documentKey, documentState{Trusted: false})
	}
	if h.Costs || asksFor(costKey, params) {
		extend(a.response, costKey, cost{a.Requested, a.Actual, h.Door.Limits().Cost})
	}
	if recorder != nil {
		extend(a.response, explainKey, recorder.Answer())
	}
	if !isShared(a) {
		a.shared = nil
	}
}

// asksFor reports whether a request asks for an extension of its answer.
func asksFor(extension string, params *request) bool {
	asked, _ := params.Extensions[extension].(bool)
	return asked
}

// document finds the request's document and takes it through the door. One that the door
// does not know waits for its caller's turn.
func (h *handler) document(ctx context.Context, params *request, a *answer) (*door.Document, error) {
	found, err := h.Documents.Find(ctx, params.reference, params.Query, h.SendsText(ctx))
	if err != nil {
		return nil, err
	}
	a.found = found
	if found.Key != (door.Key{}) {
		if known, ok := h.Door.KnownByKey(found.Key); ok {
			return known, nil
		}
	} else if known, ok := h.Door.Known(found.Text); ok {
		return known, nil
	}
	text := found.Text
	done, err := h.turns.take(ctx, a.caller.Network)
	if err != nil {
		return nil, err
	}
	defer done()
	return h.Door.Document(text) // which looks again: another request may have read it
}

// execute runs an operation when there is room for it.
func (h *handler) execute(ctx context.Context, document *door.Document, op *graphql.OperationContext, a *answer) {
	release, err := h.Admission.Admit(ctx, withPriority(a.caller, op.Operation))
	if busy, ok := errors.AsType[*admit.Overloaded](err); ok {
		a.kind, a.retryAfter = reply.Busy, busy.RetryAfter
		a.response = h.refused(graphql.WithOperationContext(ctx, op), overloaded(busy, busy.RetryAfter))
		return
	}
	if err != nil { // the request has ended
		a.kind, a.response = reply.OutOfTime, h.refused(graphql.WithOperationContext(ctx, op), ctx.Err())
		return
	}
	a.kind = reply.Internal // unless it gets further, also after a panic
	defer func() { release(ctx.Err() == nil && a.kind.Worked()) }()
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	budget := h.Door.Budget(document, op.Operation, cancel)
	a.buffer = h.buffers.take()
	respond, running := h.Executor.DispatchOperation(&run{running, budget, a.buffer, a.header, a.shared}, op)
	response := respond(running)
	a.Actual = budget.Cost()
	a.kind, a.response = h.outcome(ctx, op, response, budget)
}

// outcome returns what an operation gets that has run.
func (h *handler) outcome(ctx context.Context, op *graphql.OperationContext, response *graphql.Response, budget *door.Budget) (reply.Kind, *graphql.Response) {
	refused := func(err error) *graphql.Response { return h.refused(graphql.WithOperationContext(ctx, op), err) }
	if refusal := budget.Refusal(); refusal != nil {
		stopped := refused(refusal)
		stopped.Data = []byte("null") // it ran: what a mutation changed before stays changed
		if response != nil {
			stopped.Extensions = response.Extensions // such as the token of that change
		}
		return reply.Stopped, stopped
	}
	if response == nil || len(response.Data) == 0 && len(response.Errors) == 0 {
		return reply.Internal, refused(errors.New("the operation has no response"))
	}
	if more := budget.Failures() - len(response.Errors); more > 0 {
		extend(response, leftOut, more)
	}
	return kindOfResponse(response), response
}

// withPriority returns a caller as one who runs an operation. A mutation of somebody who
// is signed in goes before all queries. Anybody can write "mutation", so an anonymous one,
// such as a sign-in, is only as good as a query of somebody who is.
func withPriority(c admit.Caller, operation *ast.OperationDefinition) admit.Caller {
	if operation.Operation == ast.Mutation {
		c.Priority++
	}
	return c
}

// Extensions of an answer.
const (
	// leftOut is the number of errors that an answer leaves out.
	leftOut = "errorsLeftOut"
	costKey = "cost"
	// documentKey says that the document would not run where only registered ones do.
	documentKey = "document"
	explainKey  = "explain"
)

// cost is the extension with the points of an operation.
type cost struct {
	Requested int64 `json:"requested"`
	Actual    int64 `json:"actual"`
	Maximum   int64 `json:"maximum"`
}

// documentState is the extension about the document of an operation.
type documentState struct {
	Trusted bool `json:"trusted"`
}

func extend(response *graphql.Response, key string, value any) {
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions[key] = value
}

// offered refuses a subscription, and a mutation by GET: links, prefetching browsers
// and caches send a GET without anybody's will to change something.
func offered(operation ast.Operation, method string) (reply.Kind, error) {
	switch {
	case operation == ast.Subscription:
		return reply.Validation, coded(gqlerror.Errorf("this server offers no subscriptions; send a query or a mutation"), errcode.ValidationFailed)
	case operation == ast.Mutation && method == http.MethodGet:
		return reply.MethodNotAllowed, fault.Invalid("A mutation needs POST. GET is for queries only.")
	}
	return reply.OK, nil
}

// refused presents errors from before the operation.
func (h *handler) refused(ctx context.Context, err error) *graphql.Response {
	return h.Executor.DispatchError(ctx, errorList(err))
}

// errorList returns the errors of the door and of the decoder as gqlgen wants them.
func errorList(err error) gqlerror.List {
	var list gqlerror.List
	if !errors.As(err, &list) {
		list = gqlerror.List{gqlerror.WrapIfUnwrapped(err)}
	}
	return list
}

// coded returns a copy of an error with a code.
func coded(e *gqlerror.Error, code string) *gqlerror.Error {
	own := *e
	own.Extensions = map[string]any{"code": code}
	return &own
}

func kindOfDocument(err error) reply.Kind {
	if kind, ok := kindOfName(err); ok {
		return kind
	}
	if _, refused := errors.AsType[*door.Refusal](err); refused {
		return reply.LimitRefused
	}
	if codeOf(errorList(err)[0]) == errcode.ParseFailed {
		return reply.Syntax
	}
	return reply.Validation
}

// kindOfResponse returns the kind of what the executor responded. A response without
// data is that of an operation that did not begin.
func kindOfResponse(response *graphql.Response) reply.Kind {
	switch {
	case len(response.Errors) == 0:
		return reply.OK
	case len(response.Data) > 0:
		return reply.Partial
	}
	switch fault.Code(codeOf(response.Errors[0])) {
	case fault.CodeInternal:
		return reply.Internal
	case fault.CodeUnavailable:
		return reply.Unavailable
	case fault.CodeTimeout:
		return reply.OutOfTime
	}
	return reply.Declined
}

// admitted is the executor's cache of documents. It has one: that which the door
// admitted, so that the executor never parses.
type admitted struct{}

type admittedKey struct{}

var _ graphql.Cache[*ast.QueryDocument] = admitted{}

// Get returns the request's document.
func (admitted) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	tree, ok := ctx.Value(admittedKey{}).(*ast.QueryDocument)
	return tree, ok
}

// Add is never called: Get finds a document always.
func (admitted) Add(context.Context, string, *ast.QueryDocument) {}
