package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Stream is a log of values under a key.
type Stream struct {
	// Append adds a value and removes old ones, of which about keep are left.
	Append func(ctx context.Context, value []byte, keep int64) error
	// Read returns at most count entries after an ID, oldest first. If there is none, it
	// waits for one, and returns none after block. The ID before all others is "0-0".
	Read func(ctx context.Context, after string, count int64, block time.Duration) ([]Entry, error)
	// Newest returns the newest entry. ok is false if there is none.
	Newest func(ctx context.Context) (e Entry, ok bool, err error)
}

// Entry is a value of a stream. IDs ascend: they are made of the server's time.
type Entry struct {
	ID    string
	Value []byte
}

// Hash is a set of named values under a key.
type Hash struct {
	Set    func(ctx context.Context, name, value string) error
	All    func(ctx context.Context) (map[string]string, error)
	Remove func(ctx context.Context, names ...string) error
}

// valueField is the only field of the entries of a stream.
const valueField = "m"

func streamOf(client *redis.Client, key string) Stream {
	return Stream{
		Append: func(ctx context.Context, value []byte, keep int64) error {
			return client.XAdd(ctx, &redis.XAddArgs{Stream: key, MaxLen: keep, Approx: true, Values: []any{valueField, value}}).Err()
		},
		Read: func(ctx context.Context, after string, count int64, block time.Duration) ([]Entry, error) {
			found, err := client.XRead(ctx, &redis.XReadArgs{Streams: []string{key, after}, Count: count, Block: block}).Result()
			if errors.Is(err, redis.Nil) || err == nil && len(found) == 0 {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			return entries(found[0].Messages), nil
		},
		Newest: func(ctx context.Context) (Entry, bool, error) {
			found, err := client.XRevRangeN(ctx, key, "+", "-", 1).Result()
			if err != nil || len(found) == 0 {
				return Entry{}, false, err
			}
			return entries(found)[0], true, nil
		},
	}
}

func entries(found []redis.XMessage) []Entry {
	all := make([]Entry, len(found))
	for i, message := range found {
		value, _ := message.Values[valueField].(string) // somebody else's has none
		all[i] = Entry{message.ID, []byte(value)}
	}
	return all
}

func hashOf(client *redis.Client, key string) Hash {
	return Hash{
		Set: func(ctx context.Context, name, value string) error { return client.HSet(ctx, key, name, value).Err() },
		All: func(ctx context.Context) (map[string]string, error) { return client.HGetAll(ctx, key).Result() },
		Remove: func(ctx context.Context, names ...string) error {
			return client.HDel(ctx, key, names...).Err()
		},
	}
}
