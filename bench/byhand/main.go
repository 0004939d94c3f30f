// Command byhand is a server without an engine: for three operations, what could be
// written by hand over Souk's own tables. It sends the fewest statements, in the fewest
// round trips, and appends the answers as JSON. What Souk's server could reach at most is
// measured with it; see souk/bench/rate. It selects the operation by its name and reads
// nothing else of the document.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// settings are the command line. Souk's server has the same, and pools of the same size.
type settings struct {
	database, listen, ops string
	conns                 int
	middleware            bool
}

func main() {
	var s settings
	flag.StringVar(&s.database, "database", "", "`URL` of the primary")
	flag.StringVar(&s.listen, "listen", "127.0.0.1:0", "`address` of /graphql")
	flag.StringVar(&s.ops, "ops", "127.0.0.1:0", "`address` of /debug/pprof")
	flag.IntVar(&s.conns, "conns", 8, "connections of the pool")
	flag.BoolVar(&s.middleware, "middleware", false, "answer behind the middleware of Souk's server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "byhand:", err)
		os.Exit(1)
	}
}

// serve serves until ctx ends. Its log line is like that of Souk's server, so that whoever
// starts it can read the addresses.
func serve(ctx context.Context, s settings) error {
	pool, err := open(ctx, s)
	if err != nil {
		return err
	}
	defer pool.Close()
	if s.middleware {
		return serveBehind(ctx, s, &handler{pool})
	}
	api, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	ops, err := net.Listen("tcp", s.ops)
	if err != nil {
		return err
	}
	server, profiles := &http.Server{Handler: &handler{pool}}, &http.Server{Handler: profiler()}
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(api) }()
	go func() { failed <- profiles.Serve(ops) }()
	slog.New(slog.NewJSONHandler(os.Stdout, nil)).Info("started", "api", api.Addr().String(), "ops", ops.Addr().String())
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, server.Close(), profiles.Close())
}

// open makes the pool. Each connection has the statements prepared, and one plan for each:
// none of them is better with its values known.
func open(ctx context.Context, s settings) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(s.database)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(s.conns)
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		for name, statement := range statements {
			if _, err := conn.Prepare(ctx, name, statement); err != nil {
				return fmt.Errorf("prepare %s: %w", name, err)
			}
		}
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}

func profiler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	return mux
}
