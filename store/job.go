package store

import (
	"context"
	"encoding/binary"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Job is a piece of work behind the requests: see the package jobs. River keeps it, and
// numbers it: see JobID.
type Job struct {
	ID          JobID
	Kind        string
	State       JobState
	Attempt     int
	MaxAttempts int
	Queue       string
	Args        map[string]any
	Progress    *JobProgress // nil: the job does not count its work, or no run has ended
	Errors      []*JobError  // the oldest first, at most ten
	CreatedAt   time.Time
	ScheduledAt time.Time
	AttemptedAt *time.Time // nil: it has not begun
	FinalizedAt *time.Time // nil: it has not ended
}

// JobState is the state of a job.
type JobState string

// The states: those of River, in capitals.
const (
	JobAvailable JobState = "AVAILABLE"
	JobRunning   JobState = "RUNNING"
	JobRetryable JobState = "RETRYABLE"
	JobScheduled JobState = "SCHEDULED"
	JobPending   JobState = "PENDING"
	JobCompleted JobState = "COMPLETED"
	JobCancelled JobState = "CANCELLED"
	JobDiscarded JobState = "DISCARDED"
)

// JobProgress says how much of a job's work is done.
type JobProgress struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
}

// JobError is the reason why a run failed, in words that staff may read.
type JobError struct {
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt"`
	Message string    `json:"error"`
}

// number returns the number of the job in River's table, which is the end of its key.
func (id JobID) number() int64 { return int64(binary.BigEndian.Uint64(id[8:])) }

var jobColumns = columnsOf("Job",
	col("lpad(to_hex(j.id), 32, '0')::uuid AS id", asUUID, func(j *Job) *JobID { return &j.ID }),
	col("j.kind", asText, func(j *Job) *string { return &j.Kind }),
	col("upper(j.state::text) AS state", asText, func(j *Job) *JobState { return &j.State }),
	col("j.attempt", asInt, func(j *Job) *int { return &j.Attempt }),
	col("j.max_attempts", asInt, func(j *Job) *int { return &j.MaxAttempts }),
	col("j.queue", asText, func(j *Job) *string { return &j.Queue }),
	col("j.args", asJSON, func(j *Job) *map[string]any { return &j.Args }),
	maybe("j.metadata -> 'progress' AS progress", asJSON, func(j *Job) **JobProgress { return &j.Progress }),
	col("coalesce(to_jsonb(j.errors[greatest(cardinality(j.errors) - 9, 1):]), '[]') AS errors", asJSON, func(j *Job) *[]*JobError { return &j.Errors }),
	col("j.created_at", asTime, func(j *Job) *time.Time { return &j.CreatedAt }),
	col("j.scheduled_at", asTime, func(j *Job) *time.Time { return &j.ScheduledAt }),
	maybe("j.attempted_at", asTime, func(j *Job) **time.Time { return &j.AttemptedAt }),
	maybe("j.finalized_at", asTime, func(j *Job) **time.Time { return &j.FinalizedAt }),
)

// JobsByNewest is the order of jobs.
var JobsByNewest = Order{"NEWEST:DESC", []sortKey{{"j.id", "bigint"}}, true}

// JobFilter restricts the list of jobs. Fields that are nil do not restrict it.
type JobFilter struct {
	States []JobState
	Kind   *string
}

func (f JobFilter) list() list {
	l := list{name: "ListJobs", from: "river_job j", where: "true", args: args{}}
	if f.States != nil {
		states := mapSlice(f.States, func(s JobState) string { return strings.ToLower(string(s)) })
		l.and("j.state = ANY (@states::text[]::river_job_state[])", "states", states)
	}
	if f.Kind != nil {
		l.and("j.kind = @kind", "kind", *f.Kind)
	}
	return l
}

// ListJobs returns a page of the jobs.
func (r *Reader) ListJobs(ctx context.Context, f JobFilter, p PageRequest) (Page[Job], error) {
	return only(pages(ctx, r, jobColumns, f.list(), noParent, p))
}

// CountJobs returns the number of jobs.
func (r *Reader) CountJobs(ctx context.Context, f JobFilter) (Count, error) {
	return only(counts(ctx, r, f.list(), noParent))
}

// JobsByIDs returns the jobs that exist among ids, if the view shows jobs, in any order.
func (r *Reader) JobsByIDs(ctx context.Context, ids []JobID) ([]*Job, error) {
	what := jobColumns.choose(r.selects)
	statement := `-- name: JobsByIDs
SELECT ` + what.sql + `
FROM river_job j
WHERE j.id = ANY (@ids) AND @all`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": mapSlice(ids, JobID.number), "all": r.view.Jobs})
}
