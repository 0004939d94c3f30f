// Package rate measures how many requests a second Souk answers, beside the same answers
// written by hand over the same tables (souk/bench/byhand) and beside gqlgen's own executor.
//
// Each server is a process of its own, on the same database, with a pool of the same size.
// wrk, another process, sends one operation over a number of connections to one server
// after the other, in rounds, so that what else the machine does hits all of them alike.
// The table has the medians. All processes share the machine's processors.
//
// "make test" only checks that the answers are the same bytes. "make bench-rate" measures.
package rate
