// Package faults proves what the server does when something goes wrong: wrong
// requests, servers that stop, connections that break in the middle of a change,
// and starts and stops of its own.
package faults
