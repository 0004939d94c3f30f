// Package jobs runs work behind the requests: what takes too long for an answer, or must
// happen at a time. It sits on River, which keeps jobs in the table river_job. A job is
// added in the transaction that makes it necessary, and so exists exactly if that
// transaction was committed.
//
// The package has two sides. Whoever changes the shop adds jobs with an Enqueuer, which
// works in a transaction of the caller. A process that does the work has a Worker: souk
// worker, or souk serve --with-worker. Any number of either can run.
//
// A kind of job is one file: its arguments, with a version, and the function that does
// the work, for which the file declares the interface that it needs. kinds.go lists them.
// Four rules hold for every kind:
//
//   - A job may run more than once, also at the same time: its worker may have been
//     killed after the work, or taken for dead. Each run must have the same outcome.
//   - A run ends within runTime. What is left continues in another run of the same job.
//   - Each kind has a queue of its own, so that a worker of an older version does not
//     fetch what it does not know. It leaves arguments of a newer version to others.
//   - A kind is registered one release before anything enqueues it, so that a job always
//     finds a worker, also while releases change.
//
// What a worker had begun when it ended runs again elsewhere within about 12 seconds: see
// lease.go. docs/adding-a-job.md is the guide.
package jobs
