package door_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/internal/door"
	"souk/internal/door/hostile"
)

// admit takes a document through the whole door.
func admit(d *door.Door, text string) (door.Price, error) {
	doc, err := d.Document(text)
	if err != nil {
		return door.Price{}, err
	}
	var price door.Price
	for _, operation := range doc.Tree.Operations {
		if price, err = d.Price(doc, operation, nil); err != nil {
			return price, err
		}
	}
	return price, nil
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	if refusal, ok := errors.AsType[*door.Refusal](err); ok {
		return string(refusal.Code)
	}
	if list, ok := errors.AsType[gqlerror.List](err); ok {
		return fmt.Sprint(list[0].Extensions["code"])
	}
	return err.Error()
}

// mostCPU and mostBytes are what any document may cost: 40 ns for each byte of the
// largest body.
const (
	mostCPU   = 10 * time.Millisecond
	mostBytes = 8 << 20
)

// TestHostileDocumentsAreCheap measures each in the door itself. SHOW=1 prints the
// figures.
func TestHostileDocumentsAreCheap(t *testing.T) {
	d := newDoor(t, withoutMemory)
	for _, h := range hostile.Documents() {
		t.Run(h.Name, func(t *testing.T) {
			cpu, bytes := cost(func() { _, _ = admit(d, h.Text) })
			price, err := admit(d, h.Text)
			if os.Getenv("SHOW") != "" {
				fmt.Printf("%-60.60s %7d B %8s %9d B  %-26s %d\n", h.Name, len(h.Text), cpu.Round(10*time.Microsecond), bytes, codeOf(err), price.Points)
			}
			require.Equal(t, h.Code, codeOf(err), "%v", err)
			requireCheap(t, cpu, bytes)
		})
	}
}

// requireCheap checks the bounds, but not with the race detector, which takes ten times
// as long.
func requireCheap(t testing.TB, cpu time.Duration, bytes uint64) {
	t.Helper()
	if raceDetector {
		return
	}
	require.Less(t, cpu, mostCPU)
	require.Less(t, bytes, uint64(mostBytes))
}

// cost measures the least CPU time of several rounds, since other tests run at the
// same time, and the bytes allocated in one.
func cost(f func()) (time.Duration, uint64) {
	const rounds = 5
	var before, after runtime.MemStats
	least := time.Hour
	runtime.ReadMemStats(&before)
	for range rounds {
		least = min(least, cpuOf(f))
	}
	runtime.ReadMemStats(&after)
	return least, (after.TotalAlloc - before.TotalAlloc) / rounds
}

// cpuOf returns the CPU time that the process takes while f runs.
func cpuOf(f func()) time.Duration {
	began := cpuTime()
	f()
	return cpuTime() - began
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
