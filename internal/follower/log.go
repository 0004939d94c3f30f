package follower

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"souk/internal/coherence"
)

const (
	// walSenderTimeout is how long the server hears nothing of a leader until it gives the
	// slot to another: a frozen one must not keep the caches out. It asks at half of it.
	walSenderTimeout = "2s"

	// readAhead is how many messages are read before they are decoded. It bounds the memory,
	// as rows may be large, and is enough that commits gather while others are published.
	readAhead = 256

	closeTimeout = time.Second
)

// logReader reads the log of a slot over a replication connection. One goroutine reads ahead;
// confirm must be called by one other.
type logReader struct {
	conn     *pgconn.PgConn
	messages chan []byte // closed at the end
	err      error       // why; set before messages is closed
	done     context.CancelFunc
	stop     func() bool
}

// connectReplication opens a connection that speaks the replication protocol.
func connectReplication(ctx context.Context, url string) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the address for replication is not one of a Postgres") // the cause may contain the password
	}
	config.RuntimeParams["replication"] = "database"
	config.RuntimeParams["wal_sender_timeout"] = walSenderTimeout
	config.RuntimeParams["application_name"] = applicationName
	return pgconn.ConnectConfig(ctx, config)
}

// startLog begins to read where the slot was confirmed. The caller closes the connection.
func startLog(ctx context.Context, conn *pgconn.PgConn, slot string) (*logReader, error) {
	err := pglogrepl.StartReplication(ctx, conn, slot, 0, pglogrepl.StartReplicationOptions{
		Mode:       pglogrepl.LogicalReplication,
		PluginArgs: []string{"proto_version '1'", "publication_names '" + publication + "'", "messages 'true'"},
	})
	if hasCode(err, objectInUse) || hasCode(err, undefinedObject) { // it may have been removed since
		return nil, errAnotherLeads
	}
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	running, done := context.WithCancel(ctx)
	l := &logReader{conn: conn, messages: make(chan []byte, readAhead), done: done}
	// A read with a context starts a goroutine for each message: a deadline that has passed
	// ends it as well.
	l.stop = context.AfterFunc(running, func() { _ = conn.Conn().SetReadDeadline(time.Unix(1, 0)) })
	go func() {
		defer close(l.messages)
		l.err = l.read(running)
	}()
	return l, nil
}

func (l *logReader) read(ctx context.Context) error {
	for {
		received, err := l.conn.ReceiveMessage(context.Background())
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		switch m := received.(type) {
		case *pgproto3.CopyData:
			select {
			case l.messages <- append([]byte(nil), m.Data...): // it is valid until the next read
			case <-ctx.Done():
				return ctx.Err()
			}
		case *pgproto3.ErrorResponse:
			return fmt.Errorf("read the log: %w", pgconn.ErrorResponseToPgError(m))
		case *pgproto3.CopyDone:
			return errors.New("read the log: the server has ended it")
		}
	}
}

// confirm tells the server that the log up to a position is needed no more. It writes to the
// socket itself: when a read fails, pgx says goodbye in the background, with the buffer that it
// writes everything else with.
func (l *logReader) confirm(to coherence.Position) error {
	update, err := (&pgproto3.CopyData{Data: statusUpdate(to, time.Now())}).Encode(nil)
	if err != nil {
		return err
	}
	socket := l.conn.Conn()
	if err := socket.SetWriteDeadline(time.Now().Add(silence)); err != nil {
		return err
	}
	_, err = socket.Write(update)
	return err
}

// statusUpdate is the message of the replication protocol that says up to which position the log
// has been written, flushed and applied.
func statusUpdate(to coherence.Position, now time.Time) []byte {
	update := make([]byte, 0, 34)
	update = append(update, pglogrepl.StandbyStatusUpdateByteID)
	for range 3 {
		update = binary.BigEndian.AppendUint64(update, uint64(to))
	}
	since := now.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	update = binary.BigEndian.AppendUint64(update, uint64(since.Microseconds()))
	const wantsReply = 0
	return append(update, wantsReply)
}

// close ends the reading goroutine.
func (l *logReader) close() {
	l.done()
	for range l.messages { // until it has ended
	}
	l.stop()
}

func closeConnection(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}
