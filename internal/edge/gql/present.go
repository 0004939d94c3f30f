// Package gql answers GraphQL over HTTP: it reads a request, takes it through the door
// and the executor, and writes the answer. It alone decides what a client may see of
// errors and panics.
package gql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/internal/documents"
	"souk/internal/door"
	"souk/internal/fault"
	"souk/internal/telemetry"
)

const (
	leftMessage = "The request was cancelled."

	introspectionMessage = "This server does not describe its schema. Use the schema file that its operators publish."
)

// Presenter returns the function that gqlgen calls for each error of an answer.
//
//   - A fault.Error gives its message and code.
//   - A refusal of the door gives its message, its code, the limit and what was asked.
//   - A refusal of a document's name gives its message as it is, and its code: clients
//     compare both.
//   - A document that does not parse or validate keeps gqlparser's message without
//     the values that it quotes, with GRAPHQL_PARSE_FAILED or
//     GRAPHQL_VALIDATION_FAILED; a variable that does not fit is BAD_USER_INPUT.
//   - A deadline gives TIMEOUT. A client that has left gets UNAVAILABLE, which nobody
//     reads and the log does not mention.
//   - An error over the limit of an answer's errors is counted and left out.
//   - All else is INTERNAL with the request ID. The cause goes to the log, once
//     for each request, and never to the client: no SQL, path or driver text.
func Presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if errors.Is(err, errStopped) {
			return nil
		}
		presented := PresentError(ctx, log, err) // which logs the cause
		if budget := budgetOf(ctx); budget != nil && !budget.Failed(isCallers(ctx, presented)) {
			return nil
		}
		return presented
	}
}

// isCallers reports whether an error is about what the caller asked for, and not about
// this server or the time that is left.
func isCallers(ctx context.Context, presented *gqlerror.Error) bool {
	switch fault.Code(codeOf(presented)) {
	case fault.CodeInternal, fault.CodeUnavailable, fault.CodeTimeout:
		return false
	}
	return ctx.Err() == nil
}

// PresentError presents one error for Presenter. It does not change err, which
// other fields of the same batch may share.
func PresentError(ctx context.Context, log *slog.Logger, err error) *gqlerror.Error {
	if err == nil {
		return nil
	}
	shaped, _ := errors.AsType[*gqlerror.Error](err)
	out := place(ctx, shaped)
	known, isFault := errors.AsType[*fault.Error](err)
	switch {
	case isFault:
		return presentFault(ctx, log, out, known, err)
	case isRefusal(err):
		refusal, _ := errors.AsType[*door.Refusal](err)
		out.Extensions = refusal.Extensions()
		return say(out, fault.Code(refusal.Code), refusal.Message)
	case isNameRefusal(err):
		refusal, _ := errors.AsType[*documents.Refusal](err)
		out.Message, out.Extensions = refusal.Message, map[string]any{"code": string(refusal.Code)}
		return out
	case isOverload(err):
		return say(out, fault.CodeOverloaded, overload(err).message())
	case isInputOverflow(err):
		// gqlparser accepts a literal Int of any size; gqlgen's own check has a
		// suitable message and no code.
		return say(out, fault.CodeBadUserInput, rootCause(err).Error())
	case isIntrospectionOff(err):
		return say(out, fault.CodeForbidden, introspectionMessage)
	case isProtocol(shaped):
		return presentProtocol(ctx, out, shaped)
	case errors.Is(ctx.Err(), context.Canceled):
		return say(out, fault.CodeUnavailable, leftMessage) // the client is gone
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		logOnce(ctx, log, slog.LevelWarn, "request timed out", out, err)
		return withRequestID(ctx, say(out, fault.CodeTimeout, fault.OutOfTime(err).Message))
	}
	logOnce(ctx, log, slog.LevelError, "internal error", out, err)
	return withRequestID(ctx, say(out, fault.CodeInternal, internalMessage(ctx)))
}

// place returns an empty error at err's path.
func place(ctx context.Context, shaped *gqlerror.Error) *gqlerror.Error {
	out := &gqlerror.Error{}
	if shaped != nil {
		out.Path, out.Locations = shaped.Path, shaped.Locations
	}
	if out.Path == nil {
		out.Path = graphql.GetPath(ctx)
	}
	return out
}

func presentFault(ctx context.Context, log *slog.Logger, out *gqlerror.Error, f *fault.Error, err error) *gqlerror.Error {
	out = say(out, f.Code, f.Message)
	switch f.Code {
	case fault.CodeInternal:
		logOnce(ctx, log, slog.LevelError, "internal error", out, err)
		if out.Message == "" {
			out.Message = internalMessage(ctx)
		}
		return withRequestID(ctx, out)
	case fault.CodeUnavailable, fault.CodeTimeout:
		logOnce(ctx, log, slog.LevelWarn, "request failed", out, err)
		return withRequestID(ctx, out)
	}
	if f.Err != nil {
		logOnce(ctx, log, slog.LevelDebug, "request refused", out, err)
	}
	return out
}

// isProtocol reports whether err is gqlgen's or gqlparser's own message about
// the request: such an error has no cause, and has a code or no path.
func isProtocol(shaped *gqlerror.Error) bool {
	return shaped != nil && shaped.Err == nil && (codeOf(shaped) != "" || shaped.Path == nil)
}

func presentProtocol(ctx context.Context, out, shaped *gqlerror.Error) *gqlerror.Error {
	out.Extensions = maps.Clone(shaped.Extensions)
	code, message := codeOf(shaped), aboutOperation(ctx, discreet(shaped.Message))
	switch {
	case code == errcode.ValidationFailed && len(shaped.Path) > 1 && shaped.Path[:1].String() == "variable":
		out.Path = shortPath(shaped.Path)
		code, message = string(fault.CodeBadUserInput), fmt.Sprintf("Variable `$%s`: %s", out.Path[1:], message)
	case code == "":
		code = string(fault.CodeBadUserInput)
	}
	return say(out, fault.Code(code), message)
}

func codeOf(e *gqlerror.Error) string {
	code, _ := e.Extensions["code"].(string)
	return code
}

func say(out *gqlerror.Error, code fault.Code, message string) *gqlerror.Error {
	out.Message = fault.Sentence(message)
	if out.Extensions == nil {
		out.Extensions = make(map[string]any, 2)
	}
	out.Extensions["code"] = string(code)
	return out
}

func internalMessage(ctx context.Context) string {
	id := telemetry.RequestID(ctx)
	if id == "" {
		return "Internal error."
	}
	return "Internal error. If it happens again, quote request ID " + id + "."
}

func withRequestID(ctx context.Context, out *gqlerror.Error) *gqlerror.Error {
	if id := telemetry.RequestID(ctx); id != "" {
		out.Extensions["requestId"] = id
	}
	return out
}

// isRefusal recognises a request that is over a limit.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*door.Refusal](err)
	return ok
}

// isInputOverflow recognises the errors of gqlgen's number types.
func isInputOverflow(err error) bool {
	_, ok := errors.AsType[*graphql.IntegerError](err)
	return ok
}

// isIntrospectionOff recognises gqlgen's refusal, which has no type and no
// code.
func isIntrospectionOff(err error) bool { return rootCause(err).Error() == "introspection disabled" }

// rootCause returns the innermost error. The wrappers differ for each field,
// because gqlgen adds the path.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// logOnce logs the cause, unless this request has already reported it: a batch
// that fails for a hundred parents arrives here a hundred times. After the
// client has disconnected, most failures are just the interruption.
func logOnce(ctx context.Context, log *slog.Logger, level slog.Level, message string, out *gqlerror.Error, err error) {
	if !telemetry.FirstReport(ctx, rootCause(err).Error()) {
		return
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{slog.String("path", out.Path.String()), slog.String("error", err.Error())}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	log.LogAttrs(ctx, level, message, attrs...)
}

// panicked carries a resolver's panic to the presenter.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Recover is gqlgen's RecoverFunc. It logs nothing: the presenter gets the
// error next, and logs it with its stack.
func Recover(_ context.Context, value any) error {
	return &panicked{value: value, stack: debug.Stack()}
}
