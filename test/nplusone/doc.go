// Package nplusone proves that a field costs the same statements for one parent
// and for a hundred, and that no batch waits for a timer.
package nplusone
