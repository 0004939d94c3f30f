package telemetry

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// counted is a log that counts how often it is written.
type counted struct {
	bytes.Buffer
	writes int
	takes  time.Duration
}

func (c *counted) Write(b []byte) (int, error) {
	time.Sleep(c.takes)
	c.writes++
	return c.Buffer.Write(b)
}

func TestLinesAreWrittenTogetherAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &counted{}
		log := newBehind(out)
		var want strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&want, "line %d\n", i)
			_, _ = fmt.Fprintf(log, "line %d\n", i)
		}
		time.Sleep(2 * gathering)
		synctest.Wait()
		require.Equal(t, want.String(), out.String())
		require.Equal(t, 1, out.writes)
		log.stop()
	})
}

func TestAStoppedLogHasAllLinesAndWritesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &counted{takes: time.Second}
		log := newBehind(out)
		var writers sync.WaitGroup
		for range 50 {
			writers.Go(func() { _, _ = log.Write([]byte("request\n")) })
		}
		writers.Wait()
		log.stop()
		require.Equal(t, strings.Repeat("request\n", 50), out.String())
		_, _ = log.Write([]byte("stopped\n"))
		require.True(t, strings.HasSuffix(out.String(), "stopped\n"))
		log.stop()
	})
}

// TestALogThatIsNotReadTakesLittleMemory writes more than is kept while no write ends.
func TestALogThatIsNotReadTakesLittleMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &counted{takes: time.Hour}
		log := newBehind(out)
		line, n := bytes.Repeat([]byte{'x'}, 64<<10), atomic.Int64{}
		go func() {
			for range 100 {
				_, _ = log.Write(line)
				n.Add(1)
			}
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.LessOrEqual(t, int(n.Load())*len(line), 2*mostBehind+2*len(line))
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		require.Equal(t, 100, int(n.Load()))
		require.Equal(t, 100*len(line), out.Len())
		log.stop()
	})
}
