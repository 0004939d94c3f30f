package telemetry

import (
	"io"
	"sync"
	"time"
)

const (
	// gathering is how long a line waits for others, with which it is written. A write for
	// each request took a tenth of the time of a small one.
	gathering = 5 * time.Millisecond
	// mostBehind is the memory for lines that are not written. While it is full, who logs
	// waits, as long as the log is not read.
	mostBehind = 1 << 20
	// keptBehind is the memory that is kept for lines: those of a busy server's gathering.
	keptBehind = 256 << 10
)

// behind writes lines in the background, many at a time and in their order. A crash of the
// process loses those of the last milliseconds.
type behind struct {
	out io.Writer

	mu      sync.Mutex
	written sync.Cond // a batch has been written
	lines   []byte    // not written
	spare   []byte    // the memory of the last batch
	writing bool      // a goroutine writes lines until there are none
	ended   bool      // lines are written at once
}

func newBehind(out io.Writer) *behind {
	b := &behind{out: out}
	b.written.L = &b.mu
	return b
}

// Write takes a line. It fails only after Stop.
func (b *behind) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.writing && (b.ended || len(b.lines) >= mostBehind) {
		b.written.Wait()
	}
	if b.ended {
		return b.out.Write(line)
	}
	b.lines = append(b.lines, line...)
	if !b.writing {
		b.writing = true
		go b.write()
	}
	return len(line), nil
}

// write writes all lines, also those that come meanwhile.
func (b *behind) write() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.lines) > 0 {
		if !b.ended {
			b.mu.Unlock()
			time.Sleep(gathering)
			b.mu.Lock()
		}
		batch := b.lines
		b.lines, b.spare = b.spare[:0], nil
		b.mu.Unlock()
		_, _ = b.out.Write(batch) // there is no log to say it
		b.mu.Lock()
		if cap(batch) <= keptBehind {
			b.spare = batch
		}
		b.written.Broadcast()
	}
	b.writing = false
	b.written.Broadcast()
}

// stop writes what is not written. From then on, each line is written at once: a server
// logs that it has stopped.
func (b *behind) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	for b.writing {
		b.written.Wait()
	}
}
