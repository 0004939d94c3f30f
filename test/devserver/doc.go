// Package devserver tests "souk dev" and "souk serve" as processes: what they do to the
// databases that they are pointed at, and what they say.
package devserver
