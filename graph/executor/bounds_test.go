package executor_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/internal/zoo/model"
)

// called notes that a resolver was called.
func called(to *[]string, field string) func(context.Context) {
	return func(context.Context) { *to = append(*to, field) }
}

// TestAClientThatLeaves ends the run: what is below is not resolved, and nothing is
// answered.
func TestAClientThatLeaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var calls []string
	response := run(t, ctx, executor.Options{}, map[string]any{
		"keepers": func(context.Context) { cancel() }, "Keeper.score": called(&calls, "score"),
	}, `{ keepers { id score } }`)
	require.Equal(t, "null", string(response.Data))
	require.Empty(t, zoo.Errors(response))
	require.Empty(t, calls)
}

// TestAClientThatLeavesWhileItsAnswerIsWritten ends the writing soon.
func TestAClientThatLeavesWhileItsAnswerIsWritten(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m := &meter{objects: 1 << 20, bytes: 1 << 20, atByte: 5000, then: cancel}
	response := run(t, ctx, executor.Options{Meter: func(context.Context) executor.Meter { return m }}, map[string]any{
		"leavesEach": many(10_000, &model.Leaves{StringMust: "0123456789"}),
	}, `{ leavesEach { stringMust } }`)
	require.Equal(t, "null", string(response.Data))
	require.Empty(t, zoo.Errors(response))
	require.Less(t, m.most, 10_000, "bytes that were written")
}

// TestADeadline is the error of each field that is not resolved by then; what was is
// answered.
func TestADeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var calls []string
	response := run(t, expired{ctx, &calls}, executor.Options{}, map[string]any{
		"keeper": keeper(1), "Keeper.lion": func(context.Context) { calls = append(calls, "lion") }, "Lion.label": called(&calls, "label"),
	}, `{ keeper { id lion { id label } } }`)
	require.Equal(t, `{"keeper":{"id":"1","lion":null}}`, string(response.Data))
	require.Equal(t, []string{"context deadline exceeded at keeper.lion.label"}, zoo.Errors(response))
	require.Equal(t, []string{"lion"}, calls)
}

// expired is a context whose deadline passes with the first call of a resolver.
type expired struct {
	context.Context
	calls *[]string
}

func (e expired) Err() error {
	if len(*e.calls) > 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// meter stops a run after so many objects, or bytes.
type meter struct {
	objects, bytes int
	mu             sync.Mutex
	seen           []int // objects, by call
	asked          int   // for bytes
	most           int   // bytes

	atByte int // then is called when there are more bytes
	then   func()
}

var errEnough = errors.New("enough")

func (m *meter) Objects(_ *ast.Field, parents, n int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = append(m.seen, parents, n)
	if m.objects -= n; m.objects < 0 {
		return errEnough
	}
	return nil
}

func (m *meter) Bytes(n int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	m.most = max(m.most, n)
	if m.then != nil && n > m.atByte {
		m.then()
	}
	if n > m.bytes {
		return errEnough
	}
	return nil
}

// TestAMeterStopsTheRun before anything below too many objects is resolved, and soon after
// too many bytes are written.
func TestAMeterStopsTheRun(t *testing.T) {
	t.Parallel()
	var calls []string
	give := map[string]any{
		"keepers": []*model.Keeper{keeper(1), keeper(2)}, "Keeper.lions": [][]*model.Lion{many(3, &model.Lion{}), many(4, &model.Lion{})},
		"Lion.label": called(&calls, "label"), "leavesEach": many(10_000, &model.Leaves{StringMust: "0123456789"}),
	}
	metered := func(m *meter, query string) (data string, errs []string) {
		calls = nil
		response := run(t, t.Context(), executor.Options{Meter: func(context.Context) executor.Meter { return m }}, give, query)
		return string(response.Data), zoo.Errors(response)
	}
	query := `{ keepers { lions { label } } }`

	enough := &meter{objects: 9, bytes: 1 << 20}
	_, errs := metered(enough, query)
	require.Empty(t, errs)
	require.Equal(t, []string{"label"}, calls)
	require.Equal(t, []int{1, 2, 2, 7}, enough.seen, "parents and objects of each field")

	data, errs := metered(&meter{objects: 8, bytes: 1 << 20}, query)
	require.Equal(t, "null", data)
	require.Len(t, errs, 7)
	require.Equal(t, "enough at keepers[0].lions[0].label", errs[0])
	require.Empty(t, calls)

	large := map[string]any{"leaves": &model.Leaves{StringEach: many(1000, "0123456789")}}
	one := &meter{objects: 1, bytes: 20_000}
	response := run(t, t.Context(), executor.Options{Meter: func(context.Context) executor.Meter { return one }}, large,
		`{ leaves { a: stringEach b: stringEach c: stringEach d: stringEach e: stringEach f: stringEach } }`)
	require.Equal(t, "null", string(response.Data))
	require.Less(t, one.most, 40_000, "bytes that were written of one object")

	few := &meter{objects: 1 << 20, bytes: 20_000}
	data, errs = metered(few, `{ leavesEach { stringMust } }`)
	require.Equal(t, "null", data)
	require.Empty(t, errs, "the meter tells the client")
	require.Less(t, few.asked, 20_000/64, "it looked on after it was told to stop")
}

// TestAPanicWhileWriting is the error of its field, however many there are, and the other
// errors are there once.
func TestAPanicWhileWriting(t *testing.T) {
	t.Parallel()
	leaves := []*model.Leaves{{Ghost: ptr(2)}, {Ghost: ptr(1)}, {Ghost: ptr(1), GhostList: []*int{ptr(3), ptr(1)}, TagEach: []model.Tag{{Name: "a"}, {Name: "panic"}}}}
	give := map[string]any{
		"leavesEach": append(leaves, many(500, leaves[2])...),
		"rock":       errors.New("before"), "lion": errors.New("after"),
	}
	response := run(t, t.Context(), executor.Options{}, give, `{ rock { __typename } leavesEach { ghost ghostList tagEach } lion { id } }`)
	require.Equal(t, `{"rock":null,"leavesEach":[{"ghost":2,"ghostList":null,"tagEach":null},{"ghost":null,"ghostList":null,"tagEach":null},`+
		repeat(`{"ghost":null,"ghostList":null,"tagEach":null}`, 501)+`],"lion":null}`, string(response.Data))
	errs := zoo.Errors(response)
	require.Len(t, errs, 2+1+3*501)
	require.Subset(t, errs, []string{"before at rock (1:3)", "after at lion (1:62)", "panicked at leavesEach[1].ghost", "panicked at leavesEach[502].tagEach"})
	require.Len(t, slices.Compact(errs), 2+1+3*501)
}

// fastest is the least CPU time of the process that something takes, of some times: what
// others do at the same time makes it longer too, as they use the same caches.
func fastest(times int, do func()) time.Duration {
	least := time.Hour
	for range times {
		runtime.GC()
		began := cpuTime()
		do()
		least = min(least, cpuTime()-began)
	}
	return least
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
