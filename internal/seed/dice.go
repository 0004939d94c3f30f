package seed

import (
	"math"
	"math/rand/v2"

	"github.com/brianvoe/gofakeit/v7"
)

// stream separates the draws for different things, so that a change in how one
// is drawn does not change the others.
type stream uint64

const (
	streamProduct stream = iota + 1
	streamVariants
	streamStock
	streamReviews
	streamCustomer
	streamVendor
	streamText
	streamSchedule
)

// dice are a source of randomness that is reset for each thing, from the seed,
// the stream and the thing's number: any product can be generated without those
// before it.
type dice struct {
	*rand.Rand
	source *rand.PCG
	fake   *gofakeit.Faker // draws from source too
	seed   uint64
}

func newDice(seed uint64) *dice {
	source := rand.NewPCG(seed, 0)
	return &dice{Rand: rand.New(source), source: source, fake: gofakeit.NewFaker(source, false), seed: seed}
}

// set begins the draws for one thing.
func (d *dice) set(s stream, number uint64) *dice {
	d.source.Seed(scramble(d.seed^scramble(uint64(s))), scramble(number+uint64(s)<<56))
	return d
}

// scramble is the finalizer of SplitMix64: neighbouring numbers give unrelated
// results.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// chance is true with the probability p.
func (d *dice) chance(p float64) bool { return d.Float64() < p }

// between draws from low to high; values near low are more frequent the more
// bend exceeds 1.
func (d *dice) between(low, high, bend float64) float64 {
	return low + (high-low)*math.Pow(d.Float64(), bend)
}

// one draws one item of the list.
func one[T any](d *dice, from []T) T { return from[d.IntN(len(from))] }

// sample draws n different items, in the order of the list.
func sample[T any](d *dice, from []T, n int) []T {
	n = min(n, len(from))
	out := make([]T, 0, n)
	for i, v := range from {
		if d.IntN(len(from)-i) < n-len(out) {
			out = append(out, v)
		}
	}
	return out
}

// upTo draws a number from low to high.
func (d *dice) upTo(low, high int) int { return low + d.IntN(high-low+1) }
