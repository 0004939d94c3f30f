package telemetry

import (
	"context"
	"sync"
)

type requestKey struct{}

// request is the request of a context, as telemetry knows it.
type request struct {
	id string

	mu       sync.Mutex
	reported map[string]struct{}
}

// maxReported bounds the memory for one request's distinct causes: a WebSocket
// is one request and may live for days.
const maxReported = 64

// WithRequestID returns a context whose log records have the request ID.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{id: id})
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

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}
