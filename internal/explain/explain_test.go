package explain_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/explain"
)

func encode(t *testing.T, r *explain.Recorder) string {
	t.Helper()
	text, err := json.Marshal(r.Answer())
	require.NoError(t, err)
	return string(text)
}

func TestWhatHappenedIsInItsLevel(t *testing.T) {
	r := explain.New()
	ctx := explain.With(t.Context(), r)
	require.Same(t, r, explain.For(ctx))

	r.Level([]explain.Field{{Path: "a", Field: "Query.a", Parents: 1}})
	r.Round(1500*time.Microsecond, []explain.Batch{{Read: "ListA", Keys: 1, Objects: 2, Millis: 1.2}})
	r.Statement("ListA", "SELECT 1", explain.Run{Server: "primary", Rows: 3, Millis: 0.5})
	r.Level([]explain.Field{{Path: "a.b", Field: "A.b", Parents: 2}})
	r.Known("BByIDs", 1)
	r.Known("AByIDs", 1)
	r.Known("BByIDs", 2)
	r.Statement("ListA", "SELECT 1", explain.Run{Server: "replica-1", Error: "57014"})
	r.Statement("ListA", "SELECT 2", explain.Run{Server: "primary"})
	want := `{"levels":[` +
		`{"fields":[{"path":"a","field":"Query.a","parents":1}],"rounds":[{"ms":1.5,"batches":[{"read":"ListA","keys":1,"objects":2,"ms":1.2}]}]},` +
		`{"fields":[{"path":"a.b","field":"A.b","parents":2}],"memory":[{"read":"AByIDs","keys":1},{"read":"BByIDs","keys":3}]}],` +
		`"statements":[{"name":"ListA","text":"SELECT 1","runs":[` +
		`{"level":1,"server":"primary","rows":3,"ms":0.5},{"level":2,"server":"replica-1","rows":0,"ms":0,"error":"57014"}]},` +
		`{"name":"ListA","text":"SELECT 2","runs":[{"level":2,"server":"primary","rows":0,"ms":0}]}],` +
		`"totals":{"levels":2,"rounds":1,"batches":1,"keys":1,"memory":4,"statements":3,"readMs":1.5}}`
	require.Equal(t, want, encode(t, r))

	r.Level(nil)
	r.Round(0, make([]explain.Batch, 1))
	r.Known("BByIDs", 1)
	r.Statement("late", "", explain.Run{})
	text, err := json.Marshal(r.Answer().Levels)
	require.NoError(t, err)
	require.Contains(t, want, string(text), "what comes late changes nothing")
}

func TestWithoutLevels(t *testing.T) {
	r := explain.New()
	r.Round(0, []explain.Batch{{Read: "ListA", Keys: 1}})
	require.Equal(t, `{"levels":[],"rounds":[{"ms":0,"batches":[{"read":"ListA","keys":1,"objects":0,"ms":0}]}],"statements":[],`+
		`"totals":{"levels":0,"rounds":1,"batches":1,"keys":1,"memory":0,"statements":0,"readMs":0}}`, encode(t, r))
}

// TestNothingIsLargerThanTheBound fills recorders with parts of one kind, with numbers and
// texts that are as long as they can be.
func TestNothingIsLargerThanTheBound(t *testing.T) {
	const long = 1<<31 - 1
	name := strings.Repeat("n", 20)
	millis := explain.Millis(time.Hour + 123*time.Microsecond)
	for part, add := range map[string]func(r *explain.Recorder, i int){
		"levels":      func(r *explain.Recorder, _ int) { r.Level([]explain.Field{{Path: name, Field: name, Parents: long}}) },
		"bare levels": func(r *explain.Recorder, _ int) { r.Level(nil); r.Round(time.Hour, nil) },
		"known":       func(r *explain.Recorder, i int) { r.Known(fmt.Sprint(i), long) },
		"rounds": func(r *explain.Recorder, _ int) {
			r.Round(time.Hour+123*time.Microsecond, []explain.Batch{{Read: name, Keys: long, Objects: long, Millis: millis, Error: name}})
		},
		"tiers": func(r *explain.Recorder, _ int) {
			tiers := &explain.Tiers{Memory: long, Redis: long, Shared: long, Database: long, Refused: long}
			r.Round(time.Hour+123*time.Microsecond, []explain.Batch{{Read: name, Keys: long, Objects: long, Millis: millis, Error: name, Cache: tiers}})
		},
		"texts": func(r *explain.Recorder, i int) {
			r.Statement(name, fmt.Sprint(i, "\n\t<>\""), explain.Run{Server: name, Rows: long, Millis: millis, Error: name})
		},
		"runs": func(r *explain.Recorder, _ int) {
			r.Statement(name, "", explain.Run{Server: name, Rows: long, Millis: millis, Error: name})
		},
	} {
		t.Run(part, func(t *testing.T) {
			r := explain.New()
			for i := range 20_000 {
				add(r, i)
			}
			answer := r.Answer()
			text, err := json.Marshal(answer)
			require.NoError(t, err)
			require.LessOrEqual(t, len(text), 64<<10)
			require.Greater(t, len(text), 32<<10, "the room is used")
			require.True(t, answer.Truncated)
			totals := answer.Totals
			require.Contains(t, []int{20_000, 20_000 * long}, max(totals.Levels, totals.Rounds, totals.Statements, totals.Memory), "totals have everything")
		})
	}
}

// TestWhatIsLeftOutIsTheEnd adds a part that does not fit and one that would.
func TestWhatIsLeftOutIsTheEnd(t *testing.T) {
	r := explain.New()
	r.Statement("large", strings.Repeat("\n", 60<<10), explain.Run{})
	r.Statement("small", "", explain.Run{})
	require.Empty(t, r.Answer().Statements)
	require.True(t, r.Answer().Truncated)
	require.Equal(t, 2, r.Answer().Totals.Statements)
}

func TestNothingIsRecordedOfOthers(t *testing.T) {
	require.Nil(t, explain.For(t.Context()))
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = explain.For(ctx) }))
}
