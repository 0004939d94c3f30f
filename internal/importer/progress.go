package importer

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 5 * time.Second
)

// progress shows the progress of an import: bytes and rows while it reads, then
// products while it merges. A nil progress shows nothing.
type progress struct {
	out     *os.File
	tally   *tally
	started time.Time
	done    chan struct{}
	ended   sync.WaitGroup
	once    sync.Once

	mu    sync.Mutex
	bar   *progressbar.ProgressBar // nil: lines are written
	phase string
	n, of int
	shown string
}

func startProgress(out *os.File, t *tally) *progress {
	if out == nil {
		return nil
	}
	p := &progress{out: out, tally: t, started: time.Now(), done: make(chan struct{}), phase: "reading"}
	every := lineEvery
	if term.IsTerminal(int(out.Fd())) {
		every = barEvery
		p.bar = p.newBar(max(t.bytesAll.Load(), -1))
	}
	p.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-p.done:
				return
			case <-ticker.C:
				p.show()
			}
		}
	})
	return p
}

func (p *progress) newBar(size int64) *progressbar.ProgressBar {
	if size == 0 {
		size = -1 // not known: a spinner
	}
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(p.out), progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(true))
}

// merged says that n of all records of a kind are merged.
func (p *progress) merged(kind string, n, all int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != kind && p.bar != nil {
		_ = p.bar.Clear()
		p.bar = p.newBar(int64(all))
	}
	p.phase, p.n, p.of = kind, n, all
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	rows := p.tally.rows.Load()
	text, at := fmt.Sprintf("merging %s: %s of %s", p.phase, thousands(int64(p.n)), thousands(int64(p.of))), int64(p.n)
	if p.phase == "reading" {
		rate := float64(rows) / max(time.Since(p.started).Seconds(), 0.001)
		text = fmt.Sprintf("reading: %s rows, %s rows/s", thousands(rows), thousands(int64(rate)))
		at = p.tally.bytesRead.Load()
	}
	switch {
	case p.bar != nil:
		p.bar.Describe(text)
		_ = p.bar.Set64(at)
	case text != p.shown:
		_, _ = fmt.Fprintln(p.out, text)
		p.shown = text
	}
}

// stop stops the display and waits for it.
func (p *progress) stop() {
	if p == nil {
		return
	}
	p.once.Do(func() {
		close(p.done)
		p.ended.Wait()
		if p.bar != nil {
			_ = p.bar.Clear()
		}
	})
}
