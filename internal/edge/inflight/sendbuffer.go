package inflight

import (
	"context"
	"net"
)

// sendBufferBytes is what a connection of 50 ms and 40 Mbit/s has on its way.
// Linux takes twice as much, for its own records.
const sendBufferBytes = 256 << 10

// LimitSendBuffer is an http.Server's ConnContext. It gives a TCP connection a
// send buffer of a fixed size. Otherwise Linux lets it grow to 4 MB, outside of
// the process's memory and of every limit here, and half of a large answer looks
// as if it had been read. After a cut, the kernel keeps the buffer until the
// client takes it or the kernel gives the client up.
func LimitSendBuffer(ctx context.Context, c net.Conn) context.Context {
	if secure, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secure.NetConn() // below TLS
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBufferBytes) // fails for a connection that is closed
	}
	return ctx
}
