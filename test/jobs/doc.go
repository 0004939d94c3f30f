// Package jobs tests the work behind the requests on whole servers and workers: what is
// enqueued, done, and survives a worker that is killed.
package jobs
