//go:build !race

package door

const raceDetector = false
