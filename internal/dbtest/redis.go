package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// counterKey, in database 0, deals out the others to all test processes.
const counterKey = "dbtest:next"

// redisDatabase returns the address of a numbered database that no other running
// test uses, empty. It is emptied again when the test ends.
func redisDatabase(t testing.TB, server string) string {
	t.Helper()
	if server == "" {
		return ""
	}
	address, err := takeRedisDatabase(t.Context(), server)
	if err != nil {
		t.Fatalf("take a Redis database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := flush(ctx, address); err != nil {
			t.Errorf("empty the Redis database: %v", err)
		}
	})
	return address
}

func takeRedisDatabase(ctx context.Context, server string) (string, error) {
	options, err := redis.ParseURL(server)
	if err != nil {
		return "", err
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	count, err := client.ConfigGet(ctx, "databases").Result()
	if err != nil {
		return "", err
	}
	databases, err := strconv.ParseInt(count["databases"], 10, 64)
	if err != nil || databases < 2 {
		return "", fmt.Errorf("it has %q databases: %w", count["databases"], err)
	}
	next, err := client.Incr(ctx, counterKey).Result()
	if err != nil {
		return "", err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + strconv.FormatInt(1+next%(databases-1), 10)
	return u.String(), flush(ctx, u.String())
}

func flush(ctx context.Context, address string) error {
	options, err := redis.ParseURL(address)
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	return client.FlushDB(ctx).Err()
}
