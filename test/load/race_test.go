//go:build linux && race

package load

const raceDetector = true
