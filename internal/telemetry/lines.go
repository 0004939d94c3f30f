package telemetry

import (
	"context"
	"io"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// lines is a slog.JSONHandler that is quicker for the plain values that the line of a
// request has. It writes what slog would write, and leaves all other records to slog.
type lines struct {
	*slog.JSONHandler
	out io.Writer
	mu  *sync.Mutex // of out, for both
}

// newLines returns a handler that writes to out.
func newLines(out io.Writer, settings *slog.HandlerOptions) slog.Handler {
	mu := &sync.Mutex{}
	return lines{slog.NewJSONHandler(locked{out, mu}, settings), out, mu}
}

// locked is a writer with a lock.
type locked struct {
	io.Writer
	mu *sync.Mutex
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Writer.Write(b)
}

// lineBuffers have room for the line of a request.
var lineBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

// Handle implements slog.Handler.
func (h lines) Handle(ctx context.Context, r slog.Record) error {
	buffer := lineBuffers.Get().(*[]byte)
	defer lineBuffers.Put(buffer)
	line, plain := appendLine((*buffer)[:0], &r)
	if *buffer = line; !plain {
		return h.JSONHandler.Handle(ctx, r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.out.Write(line)
	return err
}

// appendLine appends a record as a line. plain is false if it has a value that slog must
// write.
func appendLine(b []byte, r *slog.Record) (line []byte, plain bool) {
	if year := r.Time.Year(); r.Time.IsZero() || year < 0 || year > 9999 {
		return b, false
	}
	b = append(b, `{"time":"`...)
	b = r.Time.Round(0).AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","level":"`...)
	b = append(b, r.Level.String()...)
	b = append(b, `","msg":`...)
	b, plain = appendPlain(b, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		b = append(b, ',')
		var named bool
		if b, named = appendPlain(b, a.Key); !named || a.Key == "" {
			plain = false
			return false
		}
		b = append(b, ':')
		var valued bool
		b, valued = appendValue(b, a.Value)
		plain = plain && valued
		return plain
	})
	return append(b, "}\n"...), plain
}

func appendValue(b []byte, v slog.Value) (to []byte, plain bool) {
	switch v.Kind() {
	case slog.KindString:
		return appendPlain(b, v.String())
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10), true
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool()), true
	case slog.KindFloat64:
		if f := v.Float64(); f == 0 && !math.Signbit(f) || 1e-3 <= f && f < 1e15 { // without an exponent
			return strconv.AppendFloat(b, f, 'f', -1, 64), true
		}
	}
	return b, false
}

// appendPlain appends a text that needs no escapes in JSON.
func appendPlain(b []byte, text string) (to []byte, plain bool) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == 0x7f {
			return b, false
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"'), true
}
