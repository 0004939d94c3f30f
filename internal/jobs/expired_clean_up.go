package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

const expiredCleanUp = "expired_clean_up"

// cleanUpEvery is often enough that there is little to do each time.
const cleanUpEvery = 5 * time.Minute

// ExpiredCleanUp removes what has expired: sessions, tokens, idempotency keys, and the
// record of imports that can no longer be undone.
type ExpiredCleanUp struct {
	Version int `json:"version"`
}

// Kind is the name of the kind.
func (ExpiredCleanUp) Kind() string { return expiredCleanUp }

// InsertOpts are the options that the job is added with.
func (ExpiredCleanUp) InsertOpts() river.InsertOpts { return onlyOne(expiredCleanUp) }

func (a ExpiredCleanUp) version() int { return a.Version }

// ExpiredRemover removes what has expired.
type ExpiredRemover interface {
	// RemoveExpired removes a bounded number of expired rows, and returns how many. 0
	// means that none is left.
	RemoveExpired(ctx context.Context) (int, error)
}

func expiredCleanUpKind() kind {
	return kind{
		name: expiredCleanUp, args: ExpiredCleanUp{}, every: cleanUpEvery,
		due: func(context.Context, Services) ([]Args, error) { return []Args{ExpiredCleanUp{Version: 1}}, nil },
		register: func(workers *river.Workers, s Services) {
			addWorker(workers, 1, func(ctx context.Context, _ ExpiredCleanUp) error {
				return repeat(ctx, func(ctx context.Context) (bool, error) {
					n, err := s.Expired.RemoveExpired(ctx)
					return n > 0, err
				})
			})
		},
	}
}
