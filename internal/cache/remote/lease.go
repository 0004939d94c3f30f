package remote

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Lease asks for a lease of each key, and returns whether the caller has it: no call got it within
// ttl before. Whoever fails to reach Redis has it, so that nobody waits for nobody.
func (t *Tier) Lease(ctx context.Context, keys []string, ttl time.Duration) []bool {
	granted := make([]bool, len(keys))
	for i := range granted {
		granted[i] = true
	}
	if !t.breaker.closed() {
		return granted
	}
	call, cancel := context.WithTimeout(ctx, t.config.Timeout)
	defer cancel()
	pipeline := t.client.Pipeline()
	commands := make([]*redis.StatusCmd, len(keys))
	for i, key := range keys {
		commands[i] = pipeline.SetArgs(call, key+leaseSuffix, "", redis.SetArgs{Mode: "NX", TTL: ttl})
	}
	_, err := pipeline.Exec(call)
	if isAnswer(err) { // redis.Nil is one
		err = nil // it responds
	}
	t.report("lease", ctx, err)
	for i, command := range commands {
		granted[i] = !errors.Is(command.Err(), redis.Nil)
	}
	return granted
}

// leaseSuffix makes the key of a lease: in a Cluster it need not be in the slot of its value.
const leaseSuffix = ":lease"

// isAnswer reports whether an error is one that Redis has sent.
func isAnswer(err error) bool {
	answer := redis.Error(nil)
	return errors.As(err, &answer)
}
