package dbtest

import "os"

// FullVariable is the environment variable that makes the long walks whole. "make
// check" sets it; without it each takes a cut that has something of every kind, so
// that "make test" ends within minutes. A walk's own comment says what its cut
// leaves out.
const FullVariable = "SOUK_TEST_FULL"

// Full reports whether the long walks are to be whole.
func Full() bool { return os.Getenv(FullVariable) != "" }

// Sample returns the items of which take tells that they belong to the cut, or in a
// full run all of them. It asks take for each item in turn.
func Sample[T any](items []T, take func(T) bool) []T {
	if Full() {
		return items
	}
	var cut []T
	for _, item := range items {
		if take(item) {
			cut = append(cut, item)
		}
	}
	return cut
}

// FirstOfEach returns a function for Sample that takes the first items of each key, as
// many as n.
func FirstOfEach[T any](n int, key func(T) string) func(T) bool {
	seen := map[string]int{}
	return func(item T) bool {
		seen[key(item)]++
		return seen[key(item)] <= n
	}
}
