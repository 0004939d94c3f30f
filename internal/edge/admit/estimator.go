package admit

import (
	"math"
	"time"
)

const (
	// A window of the measurement is as long as three operations and at least
	// minWindow. It ends with enoughSamples or, when operations are slow, after
	// maxWindow. Fewer than fewSamples say nothing.
	minWindow     = 100 * time.Millisecond
	maxWindow     = 2 * time.Second
	enoughSamples = 64
	fewSamples    = 10

	// lowered is the part of the limit that the low windows try: enough less to
	// see a difference, and little enough to lose 2 to 6 % of the throughput.
	lowered = 0.8

	// busyPart is how much of the level must be in use on average for a window to
	// say something.
	busyPart = 0.75

	// minContrast is the smallest difference of the mean numbers in flight, as a
	// logarithm, from which a slope can be computed.
	minContrast = 0.08

	// wantedSlope is where the limit stays: 1 means that more concurrency is as
	// much more throughput, 0 that it is only more waiting.
	wantedSlope = 0.35

	// maxStep bounds what one comparison says, the same in both directions:
	// otherwise noise would have a direction.
	maxStep = 0.65

	// noisy is the standard error of a slope from which its weight is half.
	noisy = 0.4

	// The gain is how far one comparison moves the limit. It grows while
	// comparisons agree and falls while they do not, so that the limit is found
	// within seconds and then is not moved by noise.
	minGain, maxGain       = 0.1, 0.6
	gainGrowth, gainShrink = 1.5, 0.6

	// latencyWeight of the newest operation in the mean.
	latencyWeight = 1.0 / 64
)

// estimator finds how many operations the server can usefully run at once. While
// callers wait, it runs windows at the limit and windows at 0.8 of it in turn,
// and compares their throughputs. If the higher level gives more, there is room,
// and the limit grows; if not, the difference was only waiting, and the limit
// shrinks. It settles a little above the knee.
//
// It compares neighbouring windows only, and has no memory of how long
// operations should take: there is no baseline that an outage or another mix of
// operations could spoil. A comparison across the start or the end of an outage
// moves the limit by one step. While few callers wait, nothing is known, and the
// limit stays as it is.
type estimator struct {
	limit, most float64
	gain        float64
	rose        bool // the direction of the last step

	level    int // what may run now: the limit, or lowered
	lowering bool

	inFlight int
	latency  time.Duration // mean of those that worked

	window       window
	higher, less result
}

// window counts while a level is tried.
type window struct {
	begun, at    time.Time
	area         float64 // in flight × seconds
	done, failed int
	took, took2  float64 // sums of the seconds of those done, and of their squares
	full         bool    // somebody had to wait
}

// result is what a window has measured; zero is nothing.
type result struct {
	inFlight, perSecond float64
	variance            float64 // of perSecond, relative
}

func newEstimator(start, most int, now time.Time) *estimator {
	e := &estimator{limit: float64(max(min(start, most), minLimit)), most: float64(most), gain: maxGain}
	e.try(false, now)
	return e
}

// try begins a window at the limit or below it. What is in flight needs the time
// of an operation to follow.
func (e *estimator) try(lowering bool, now time.Time) {
	before := e.level
	e.lowering = lowering
	e.level = e.top()
	if lowering {
		e.level = min(e.level-1, int(float64(e.level)*lowered))
	}
	if before != e.level {
		now = now.Add(e.latency)
	}
	e.window = window{begun: now, at: now}
}

// top is the limit itself, also while a lower level is tried.
func (e *estimator) top() int { return int(math.Round(e.limit)) }

// full notes that somebody could not start at once.
func (e *estimator) full() { e.window.full = true }

func (e *estimator) started(now time.Time) {
	e.advance(now)
	e.inFlight++
}

// finished counts the end of an operation. The level may change.
func (e *estimator) finished(now time.Time, took time.Duration, worked bool) {
	e.advance(now)
	e.inFlight--
	if worked {
		if e.latency == 0 {
			e.latency = took
		}
		e.latency += time.Duration(float64(took-e.latency) * latencyWeight)
	}
	w := &e.window
	if !now.After(w.begun) {
		return
	}
	w.count(took.Seconds(), worked)
	long := now.Sub(w.begun)
	if long >= maxWindow || w.done >= enoughSamples && long >= max(minWindow, 3*e.latency) {
		e.end()
		e.compare()
		e.try(e.higher != result{} && !e.lowering, now)
	}
}

func (e *estimator) advance(now time.Time) {
	if now.After(e.window.at) {
		e.window.area += float64(e.inFlight) * now.Sub(e.window.at).Seconds()
		e.window.at = now
	}
}

func (w *window) count(seconds float64, worked bool) {
	if !worked {
		w.failed++
		return
	}
	w.done++
	w.took += seconds
	w.took2 += seconds * seconds
}

// end reads the result of a window. It says something only if the level was in
// use, somebody waited for it, and most operations worked. The throughput is
// that of Little's law: operations are often in step with each other, and a
// count of those that happened to end within the window would be noisier.
func (e *estimator) end() {
	w := &e.window
	inFlight := w.area / w.at.Sub(w.begun).Seconds()
	if !w.full || w.done < fewSamples || w.failed > w.done || inFlight < busyPart*float64(e.level) || w.took == 0 {
		e.higher, e.less = result{}, result{}
		return
	}
	n := float64(w.done)
	mean := w.took / n
	r := result{inFlight: inFlight, perSecond: inFlight / mean, variance: max(0, w.took2/n/(mean*mean)-1) / n}
	if e.lowering {
		e.less = r
	} else {
		e.higher = r
	}
}

// compare moves the limit by the slope of the throughput between the last two
// windows.
func (e *estimator) compare() {
	if e.higher.inFlight == 0 || e.less.inFlight == 0 {
		return
	}
	contrast := math.Log(e.higher.inFlight / e.less.inFlight)
	if contrast < minContrast {
		return
	}
	slope := math.Log(e.higher.perSecond/e.less.perSecond) / contrast
	step := min(max(slope-wantedSlope, -maxStep), maxStep)
	if rises := step > 0; rises == e.rose {
		e.gain = min(e.gain*gainGrowth, maxGain)
	} else {
		e.gain = max(e.gain*gainShrink, minGain)
		e.rose = rises
	}
	variance := (e.higher.variance + e.less.variance) / (contrast * contrast)
	weight := 1 / (1 + variance/(noisy*noisy))
	e.limit = min(max(e.limit*math.Exp(e.gain*weight*step), minLimit), e.most)
}
