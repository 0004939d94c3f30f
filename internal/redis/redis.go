// Package redis reaches a Redis. It hides the client library: a package that names one
// of the library's types, or a type with a field of such a type, takes 1.4 s longer to
// compile, each time. So a Client consists of functions.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// Client is a connection to Redis. It is safe for concurrent use.
type Client struct {
	// Address is host and port, without the password.
	Address string

	// Ping returns an error if Redis does not respond.
	Ping func(ctx context.Context) error
	// Delete removes a key.
	Delete func(ctx context.Context, key string) error
	// Script prepares a script in Lua that returns a number. Redis keeps it, so that
	// only its hash is sent.
	Script func(source string) Script
	// Stream and Hash return what is under a key. They do not use the network.
	Stream func(key string) Stream
	Hash   func(key string) Hash
	// Close closes the connections.
	Close func() error
}

// Script runs a script over keys.
type Script func(ctx context.Context, keys []string, args ...any) (int64, error)

// Open returns a client for a URL such as redis://host:6379/0. It does not use the
// network. A call ends with its context, and does not repeat a failed dial: the caller
// can.
func Open(url string) (*Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("REDIS_URL is not a Redis URL such as redis://host:6379/0") // the cause may contain the password
	}
	options.ContextTimeoutEnabled = true
	options.DialerRetries = 1
	client := redis.NewClient(options)
	return &Client{
		Address: options.Addr,
		Ping:    func(ctx context.Context) error { return client.Ping(ctx).Err() },
		Delete:  func(ctx context.Context, key string) error { return client.Del(ctx, key).Err() },
		Script: func(source string) Script {
			script := redis.NewScript(source)
			return func(ctx context.Context, keys []string, args ...any) (int64, error) {
				return script.Run(ctx, client, keys, args...).Int64()
			}
		},
		Stream: func(key string) Stream { return streamOf(client, key) },
		Hash:   func(key string) Hash { return hashOf(client, key) },
		Close:  client.Close,
	}, nil
}

// LogTo sets where the library logs what happens to its connections in the background.
// The library has one logger for the process, and otherwise writes lines of its own form
// to standard error. So only a main function calls this. Failed calls return their errors.
func LogTo(log *slog.Logger) { redis.SetLogger(lines{log}) }

// lines is a log of the library.
type lines struct{ log *slog.Logger }

func (l lines) Printf(ctx context.Context, format string, values ...any) {
	l.log.WarnContext(ctx, "redis client", "text", fmt.Sprintf(format, values...))
}
