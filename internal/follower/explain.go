package follower

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

var errForeignSlot = errors.New("the replication slot is somebody else's")

// explain returns why the log cannot be followed, with the way out. setup reports whether only an
// operator can change it.
func explain(err error) (reason string, setup bool) {
	switch {
	case errors.Is(err, errNoPublication):
		return err.Error() + ": run souk migrate up", true
	case errors.Is(err, errStandby):
		return "the address is that of a standby: it must be the primary's", true
	case errors.Is(err, errForeignSlot):
		return err.Error() + ": drop it, if nobody needs it", true
	case errors.Is(err, errOutboxIncomplete):
		return err.Error() + ": run souk cache outbox enable", true
	case errors.Is(err, errPooler):
		return err.Error() + ": the outbox is followed over an address of the primary itself (SOUK_REPLICATION_URL)", true
	}
	var failed *pgconn.PgError
	if !errors.As(err, &failed) {
		return err.Error(), false
	}
	if way := wayOut(failed); way != "" {
		return failed.Message + ": " + way, true
	}
	return err.Error(), false
}

// wayOut returns what an operator does about an error of the server.
func wayOut(failed *pgconn.PgError) string {
	const (
		prerequisite = "55000"
		noPrivilege  = "42501"
		noTable      = "42P01"
		limit        = "53400"
		tooMany      = "53300"
		protocol     = "08P01"
		noSuchLogin  = "28000"
	)
	switch failed.Code {
	case prerequisite:
		if strings.Contains(failed.Message, "wal_level") {
			return "set wal_level = logical and restart the primary; if that is not to be had, run souk cache outbox enable"
		}
	case noPrivilege:
		return "the user needs REPLICATION (ALTER ROLE ... REPLICATION) and the rights of Souk's user; if that is not to be had, run souk cache outbox enable"
	case noTable:
		return "run souk migrate up"
	case limit:
		return "raise max_replication_slots, or drop slots that nobody reads"
	case tooMany:
		return "raise max_wal_senders or max_connections"
	case protocol:
		return "use an address of the primary itself: a pooler does not pass on replication"
	case noSuchLogin:
		return "let the user log in, in pg_hba.conf"
	}
	return ""
}
