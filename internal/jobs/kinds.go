package jobs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"souk/internal/fault"
)

const (
	// runTime is how long one run of a job works before it lets others have its place.
	// It is far below jobTimeout, and a worker that shuts down need not wait long.
	runTime = 5 * time.Second
	// jobTimeout ends the context of a run that does not return.
	jobTimeout = time.Minute
	// newerPause is how long a worker leaves a job alone whose arguments are newer than
	// it knows.
	newerPause = 10 * time.Second
	// busyPause is how long a job waits that met rows which somebody else is changing: an
	// import may keep some for longer than lock_timeout. It costs no attempt; after a few
	// of them the next would be minutes away.
	busyPause = time.Second
)

// Args are the arguments of a job, with its kind and options.
type Args interface {
	river.JobArgs
	river.JobArgsWithInsertOpts
	// version returns the version of the arguments. It rises when their meaning changes.
	version() int
}

// Services are what the work of all kinds is done with.
type Services struct {
	Products ProductRefresher
	Expired  ExpiredRemover
}

// kind is a kind of job. Its queue has the same name.
type kind struct {
	name string
	// args is the zero value of the kind's arguments.
	args Args
	// every is how often jobs of the kind are enqueued by themselves. 0: they are not.
	every time.Duration
	// due returns the jobs that are enqueued then; it may be none.
	due func(context.Context, Services) ([]Args, error)
	// register adds the kind's worker.
	register func(*river.Workers, Services)
}

// kinds returns all kinds. Do not remove one as long as a database may have a job of it.
func kinds() []kind {
	return []kind{productsRefreshKind(), expiredCleanUpKind()}
}

// Kinds returns the names of all kinds, sorted.
func Kinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return names
}

// progressKey is where the progress of a job is in its metadata.
const progressKey = "progress"

// Progress says how much of a job's work is done. The store reads it from the metadata
// of the job, under "progress".
type Progress struct {
	Done  int `json:"done"`
	Total int `json:"total"`
}

// addWorker registers do for the jobs with arguments of type A, up to version newest.
func addWorker[A Args](workers *river.Workers, newest int, do func(context.Context, A) error) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[A]) error {
		if job.Args.version() > newest {
			return river.JobSnooze(newerPause)
		}
		return do(ctx, job.Args)
	}))
}

// repeat calls step until it reports that nothing is left, at most for runTime. Then it
// returns an error with which River continues the job at once, behind the others of its
// queue. It stops between two steps when ctx ends.
func repeat(ctx context.Context, step func(context.Context) (more bool, err error)) error {
	for began := time.Now(); time.Since(began) < runTime; {
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := step(ctx)
		if busy, ok := errors.AsType[*fault.Error](err); ok && busy.Code == fault.CodeConflict {
			return river.JobSnooze(busyPause)
		}
		if err != nil || !more {
			return err
		}
	}
	return river.JobSnooze(0)
}

// onQueue returns the options of a job: the queue of its kind.
func onQueue(name string) river.InsertOpts { return river.InsertOpts{Queue: name} }

// onlyOne returns the options of a job of which one at a time is enough: while there is
// one that has not ended, another is not added.
func onlyOne(name string) river.InsertOpts {
	return river.InsertOpts{Queue: name, UniqueOpts: river.UniqueOpts{ByQueue: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}
