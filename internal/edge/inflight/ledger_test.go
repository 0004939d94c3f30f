package inflight

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newLedger(t testing.TB, o Options) *Ledger {
	t.Helper()
	l, err := New(o)
	require.NoError(t, err)
	return l
}

// reader is a client's end of a response: it takes what its buffer can hold at
// once, and then bytesPerSecond.
type reader struct {
	http.ResponseWriter
	bytesPerSecond, buffer int

	once sync.Once
	cut  chan struct{}
}

func newReader(bytesPerSecond, buffer int) *reader {
	return &reader{ResponseWriter: httptest.NewRecorder(), bytesPerSecond: bytesPerSecond, buffer: buffer, cut: make(chan struct{})}
}

func (r *reader) Write(b []byte) (int, error) {
	n := len(b)
	free := min(n, r.buffer)
	r.buffer -= free
	for left := n - free; left > 0; {
		piece := min(left, 16<<10)
		select {
		case <-r.cut:
			return 0, os.ErrDeadlineExceeded
		case <-time.After(time.Duration(float64(piece) / float64(r.bytesPerSecond) * float64(time.Second))):
			left -= piece
		}
	}
	return n, nil
}

func (r *reader) SetWriteDeadline(at time.Time) error {
	if at.Before(time.Now()) {
		r.once.Do(func() { close(r.cut) })
	}
	return nil
}

func (r *reader) wasCut() bool {
	select {
	case <-r.cut:
		return true
	default:
		return false
	}
}

func from(connection string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", http.NoBody)
	r.RemoteAddr = connection
	return r
}

func answerOf(caller string, bytes int) Answer {
	return Answer{Caller: caller, Body: [][]byte{make([]byte, bytes)}}
}

const mb = 1 << 20

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := New(Options{CallerBytes: -2})
	require.ErrorContains(t, err, "limit of the caller")
	require.Equal(t, map[Scope]int64{Process: 256 * mb, Caller: 64 * mb, Connection: 16 * mb}, newLedger(t, Options{}).limits)
	require.Empty(t, newLedger(t, Options{ProcessBytes: Unlimited, ConnectionBytes: Unlimited}).limits)
}

func TestTheSlowestIsCut(t *testing.T) {
	t.Parallel()
	const slow, medium, fast = 10 << 10, mb, 100 * mb
	// Each writes 8 MB from its own address; the limit has room for two.
	run := func(t *testing.T, o Options, first, second, third *reader, callers [3]string) (errs [3]error, l *Ledger) {
		l = newLedger(t, o)
		var all sync.WaitGroup
		for i, w := range []*reader{first, second, third} {
			all.Go(func() { errs[i] = l.Write(w, from(callers[i]), answerOf(callers[i], 8*mb)) })
			time.Sleep(time.Second)
		}
		all.Wait()
		require.Zero(t, l.Stat().Bytes)
		require.Zero(t, l.Stat().Answers)
		require.Empty(t, l.callers)
		require.Empty(t, l.connections)
		return errs, l
	}
	others := [3]string{"a", "b", "c"}
	twenty := Options{ProcessBytes: 20 * mb, CallerBytes: Unlimited}

	t.Run("whether it came first or later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			errs, l := run(t, twenty, newReader(slow, 0), newReader(medium, 0), newReader(fast, 0), others)
			require.Equal(t, &Cut{Scope: Process}, errs[0])
			require.ErrorIs(t, errs[0], http.ErrAbortHandler)
			require.NoError(t, errs[1])
			require.NoError(t, errs[2])
			require.EqualValues(t, 1, l.Stat().Cuts[Process])
		})
		synctest.Test(t, func(t *testing.T) {
			errs, _ := run(t, twenty, newReader(medium, 0), newReader(slow, 0), newReader(fast, 0), others)
			require.NoError(t, errs[0])
			require.Equal(t, &Cut{Scope: Process}, errs[1])
		})
	})
	t.Run("although its socket took much at first", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			errs, _ := run(t, twenty, newReader(medium, 0), newReader(slow, 7*mb), newReader(fast, 0), others)
			require.NoError(t, errs[0])
			require.Equal(t, &Cut{Scope: Process}, errs[1])
		})
	})
	t.Run("of the same caller when that has too much", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			errs, _ := run(t, Options{CallerBytes: 10 * mb}, newReader(slow, 0), newReader(medium, 0), newReader(fast, 0), [3]string{"a", "b", "b"})
			require.NoError(t, errs[0])
			require.Equal(t, &Cut{Scope: Caller}, errs[1])
			require.NoError(t, errs[2])
		})
	})
	t.Run("of the same connection when that has too much", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			errs, _ := run(t, Options{ConnectionBytes: 10 * mb}, newReader(slow, 0), newReader(medium, 0), newReader(fast, 0), [3]string{"a", "b", "b"})
			require.NoError(t, errs[0])
			require.Equal(t, &Cut{Scope: Connection}, errs[1])
			require.NoError(t, errs[2])
		})
	})
	t.Run("nobody, without limits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			none := Options{ProcessBytes: Unlimited, ConnectionBytes: Unlimited}
			errs, _ := run(t, none, newReader(slow, 0), newReader(medium, 0), newReader(fast, 0), others)
			require.Equal(t, [3]error{}, errs)
		})
	})
}

// TestAFastReaderIsNeverCutWhileThereIsASlowerOne lets readers of random speeds
// come and go, and looks at each that is cut.
func TestAFastReaderIsNeverCutWhileThereIsASlowerOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		l := newLedger(t, Options{ProcessBytes: 64 * mb, CallerBytes: Unlimited, ConnectionBytes: Unlimited})
		speeds := []int{5 << 10, 50 << 10, 500 << 10, 5 * mb, 50 * mb}
		var mu sync.Mutex
		cut := map[int]int{}
		running := map[*reader]time.Time{}
		var all sync.WaitGroup
		for range 400 {
			time.Sleep(time.Duration(random.IntN(300))*time.Millisecond + time.Nanosecond)
			speed := speeds[random.IntN(len(speeds))]
			w := newReader(speed, random.IntN(2*mb))
			all.Go(func() {
				mu.Lock()
				running[w] = time.Now()
				mu.Unlock()
				err := l.Write(w, from("x"), answerOf("x", 8*mb))
				mu.Lock()
				defer mu.Unlock()
				delete(running, w)
				if full := (*Full)(nil); errors.As(err, &full) || err == nil {
					return
				}
				cut[speed]++
				for other, begun := range running {
					if other.bytesPerSecond < speed && time.Since(begun) > 2*time.Second && !other.wasCut() {
						t.Errorf("%d bytes/s were cut while there were %d", speed, other.bytesPerSecond)
					}
				}
			})
		}
		all.Wait()
		require.Greater(t, cut[speeds[0]], 20)
		require.Zero(t, cut[speeds[4]])
	})
}

func TestWithoutRoom(t *testing.T) {
	t.Parallel()
	t.Run("an answer waits until the readers are known", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLedger(t, Options{ProcessBytes: 32 * mb, CallerBytes: Unlimited, ConnectionBytes: Unlimited})
			errs := make(chan error, 4)
			for range 4 {
				go func() { errs <- l.Write(newReader(1, 4*mb), from("slow"), answerOf("slow", 8*mb)) }()
			}
			synctest.Wait()
			begun := time.Now()
			require.NoError(t, l.Write(newReader(mb, 8*mb), from("fast"), answerOf("fast", 8*mb)))
			require.Equal(t, evidence, time.Since(begun))
			var c *Cut
			require.ErrorAs(t, <-errs, &c)
			l.mu.Lock()
			l.cut([]victim{{l.entries[0], Process}, {l.entries[1], Process}, {l.entries[2], Process}})
			l.mu.Unlock()
		})
	})
	t.Run("an answer is refused when too many wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLedger(t, Options{ProcessBytes: 16 * mb, CallerBytes: Unlimited, ConnectionBytes: Unlimited})
			go func() { _ = l.Write(newReader(100*mb, 0), from("a"), answerOf("a", 16*mb)) }()
			synctest.Wait()
			go func() { _ = l.Write(newReader(100*mb, 0), from("b"), answerOf("b", mb)) }()
			synctest.Wait()
			require.Equal(t, &Full{Scope: Process}, l.Write(newReader(100*mb, 0), from("b"), answerOf("b", 3*mb/2)), "half of the room is others'")
			go func() { _ = l.Write(newReader(100*mb, 0), from("d"), answerOf("d", 2*mb)) }()
			synctest.Wait()
			begun := time.Now()
			err := l.Write(newReader(100*mb, 0), from("c"), answerOf("c", 3*mb))
			require.Equal(t, &Full{Scope: Process}, err)
			require.Zero(t, time.Since(begun))
			time.Sleep(time.Second)
			require.Zero(t, l.Stat().Bytes+l.Stat().Waiting)
			require.EqualValues(t, 2, l.Stat().Fulls[Process])
		})
	})
	t.Run("an answer that is larger than the limit is refused", func(t *testing.T) {
		l := newLedger(t, Options{CallerBytes: mb})
		require.Equal(t, &Full{Scope: Caller}, l.Write(newReader(mb, 0), from("a"), answerOf("a", 2*mb)))
	})
	t.Run("an answer whose client leaves no longer waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLedger(t, Options{ProcessBytes: 8 * mb, CallerBytes: Unlimited})
			go func() { _ = l.Write(newReader(8*mb, 0), from("a"), answerOf("a", 8*mb)) }()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			err := l.Write(newReader(mb, 0), from("b").WithContext(ctx), answerOf("b", mb))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Zero(t, l.Stat().Waiting)
			time.Sleep(2 * time.Second)
		})
	})
}

func TestPartsAreReleasedAsTheyLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(t, Options{})
		body := [][]byte{make([]byte, mb), make([]byte, mb), make([]byte, mb)}
		done := make(chan error)
		go func() {
			done <- l.Write(newReader(mb, 0), from("a"), Answer{Caller: "a", Status: http.StatusAccepted, Body: body})
		}()
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		require.EqualValues(t, 2*mb, l.Stat().Bytes)
		require.NoError(t, <-done)
		require.Equal(t, [][]byte{nil, nil, nil}, body)
	})
}

func TestABodyArrivesWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, smallBytes, smallBytes + 1, chunkBytes, 3*chunkBytes + 1} {
		body := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{}).Read(body)
		got := httptest.NewRecorder()
		a := Answer{Status: http.StatusTeapot, Body: [][]byte{append([]byte{}, body[:size/3]...), append([]byte{}, body[size/3:]...)}}
		require.NoError(t, newLedger(t, Options{}).Write(got, from("a"), a))
		require.Equal(t, http.StatusTeapot, got.Code)
		arrived, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.Equal(t, string(body), string(arrived))
	}
}

type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header              { return n.header }
func (nowhere) WriteHeader(int)                    {}
func (nowhere) Write(b []byte) (int, error)        { return len(b), nil }
func (nowhere) SetWriteDeadline(_ time.Time) error { return nil }

func BenchmarkWrite(b *testing.B) {
	for name, size := range map[string]int{"tiny": 2 << 10, "listing": 37 << 10, "largest": 8 * mb} {
		b.Run(name, func(b *testing.B) {
			l := newLedger(b, Options{})
			r := from("192.0.2.1:5000")
			body := make([]byte, size)
			parts := [][]byte{nil}
			b.ReportAllocs()
			for b.Loop() {
				parts[0] = body
				if err := l.Write(nowhere{}, r, Answer{Caller: "192.0.2.1", Body: parts}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
