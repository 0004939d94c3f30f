package telemetry

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLinesAreThoseOfSlog writes records with both handlers.
func TestLinesAreThoseOfSlog(t *testing.T) {
	t.Parallel()
	values := []slog.Value{
		slog.StringValue(""), slog.StringValue("/graphql"), slog.StringValue(`a"b\c`), slog.StringValue("<&>"), slog.StringValue("é\u2028\x7f\x00\n"), slog.StringValue("\xff"),
		slog.Int64Value(0), slog.Int64Value(math.MinInt64), slog.Uint64Value(math.MaxUint64), slog.BoolValue(true), slog.BoolValue(false),
		slog.DurationValue(time.Second), slog.TimeValue(time.Unix(0, 0)), slog.AnyValue(errors.New("boom")), slog.AnyValue([]string{"A", "B"}), slog.AnyValue(nil),
		slog.GroupValue(slog.Int("calls", 1)), slog.GroupValue(),
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 0.001, 0.0009, 1.5, 0.1, 12.345, 1e6, 123456789.123, 1e14, 1e15, 1e21, 1e-7, -1.5, math.MaxFloat64, math.Inf(1), math.NaN()} {
		values = append(values, slog.Float64Value(f))
	}
	for micros := range int64(2000) {
		values = append(values, slog.Float64Value(float64(micros*micros)/1000))
	}
	var own, slogs bytes.Buffer
	got, want := newLines(&own, nil), slog.Handler(slog.NewJSONHandler(&slogs, nil))
	write := func(r slog.Record) {
		own.Reset()
		slogs.Reset()
		require.Equal(t, want.Handle(t.Context(), r.Clone()), got.Handle(t.Context(), r))
		require.Equal(t, slogs.String(), own.String())
	}
	for _, at := range []time.Time{{}, time.Now(), time.Unix(1, 0).UTC(), time.Unix(1, 500).In(time.FixedZone("", 3600)), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelError, slog.LevelWarn + 1} {
			for _, message := range []string{"request", "", `"`, "é"} {
				write(slog.NewRecord(at, level, message, 0))
			}
		}
	}
	for _, value := range values {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
		r.AddAttrs(slog.String("method", "POST"), slog.Attr{Key: "value", Value: value}, slog.Int("status", 200))
		write(r)
	}
	for _, key := range []string{"", `a"`, "é"} {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
		r.AddAttrs(slog.Int(key, 1))
		write(r)
	}
	got, want = got.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g"), want.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g")
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
	r.AddAttrs(slog.Int("b", 2))
	write(r)
}

func BenchmarkLine(b *testing.B) {
	for name, h := range map[string]slog.Handler{"own": newLines(io.Discard, nil), "slog": slog.NewJSONHandler(io.Discard, nil)} {
		b.Run(name, func(b *testing.B) {
			r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
			r.AddAttrs(slog.String("method", "POST"), slog.String("route", "/graphql"), slog.String("path", "/graphql"), slog.Int("status", 200),
				slog.Float64("duration_ms", 0.123), slog.Int64("bytes", 40), slog.String("remote_address", "127.0.0.1"), slog.Bool("client_left", false),
				slog.String("operation", "Typename"), slog.String("operation_type", "query"), slog.String("document", "0123456789abcdef"),
				slog.Int64("cost", 1), slog.Int64("cost_actual", 1), slog.String("request_id", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
			b.ReportAllocs()
			for b.Loop() {
				_ = h.Handle(b.Context(), r)
			}
		})
	}
}
