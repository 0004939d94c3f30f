package dbtest

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// idle are connections to the servers' own databases that are kept for the next
// test of this process. A connection costs the server 5 ms of CPU, most of it in
// the kernel, and each clone takes five. They hold nothing and end with the process.
var idle struct {
	mu    sync.Mutex
	conns map[string][]*pgx.Conn
}

// with gives do a connection to the database "postgres" of a server. After an
// error it is not used again.
func with(ctx context.Context, server string, do func(*pgx.Conn) error) (err error) {
	url := withDatabase(server, "postgres")
	conn := takeIdle(url)
	if conn == nil {
		if conn, err = pgx.Connect(ctx, url); err != nil {
			return err
		}
	}
	if err := do(conn); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return err
	}
	idle.mu.Lock()
	defer idle.mu.Unlock()
	if idle.conns == nil {
		idle.conns = map[string][]*pgx.Conn{}
	}
	idle.conns[url] = append(idle.conns[url], conn)
	return nil
}

func takeIdle(url string) *pgx.Conn {
	idle.mu.Lock()
	defer idle.mu.Unlock()
	conns := idle.conns[url]
	if len(conns) == 0 {
		return nil
	}
	idle.conns[url] = conns[:len(conns)-1]
	return conns[len(conns)-1]
}
