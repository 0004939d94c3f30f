package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"souk/internal/follower"
)

// caches checks what caches need of the primary: without it, the server runs and keeps nothing.
func (d *Doctor) caches(ctx context.Context, primary *pgx.Conn) []finding {
	if d.CacheBytes == 0 {
		return []finding{{"caches", "off: SOUK_CACHE_MEMORY_BYTES is 0", "", false}}
	}
	f := []finding{{"caches", d.cacheTiers(), "", false}}
	name, url := "SOUK_REPLICATION_URL", d.ReplicationURL
	if url == "" {
		name, url = "DATABASE_URL", d.DatabaseURL
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return append(f, finding{"cache log", "cannot be reached: " + reason(err), "check " + name + ": nothing is kept in caches until it can", false})
	}
	defer conn.Close(context.WithoutCancel(ctx))
	ours, theirs, err := identities(ctx, primary, conn)
	switch {
	case err != nil:
		return append(f, finding{"cache log", "cannot be queried: " + reason(err), "", false})
	case ours != theirs:
		return append(f, finding{"cache log", name + " leads elsewhere", "it must lead to the primary and the database of DATABASE_URL", false})
	}
	outbox, err := follower.InspectOutbox(ctx, conn)
	if err != nil {
		return append(f, finding{"cache outbox", "cannot be looked at: " + reason(err), "", false})
	}
	if outbox.On {
		return append(f, judgeOutbox(outbox))
	}
	f = append(f, replicates(ctx, name, url))
	return append(f, judgeCaches(readCacheFacts(ctx, conn))...)
}

func judgeOutbox(s follower.OutboxState) finding {
	return judge("cache outbox", describeOutbox(s), len(s.Missing) > 0, "run souk cache outbox enable", false)
}

func (d *Doctor) cacheTiers() string {
	if d.RedisURL == "" {
		return "in the memory of each instance; several instances need REDIS_URL"
	}
	return "in the memory of each instance, and shared in Redis"
}

func replicates(ctx context.Context, name, url string) finding {
	if reason := follower.TryReplication(ctx, url); reason != "" {
		return finding{"cache log", "cannot be followed over " + name, reason, false}
	}
	return finding{"cache log", "can be followed over " + name, "", false}
}

// cacheFacts are what a server says of itself that decides whether caches work.
type cacheFacts struct {
	user                   string
	mayReplicate, mayWrite bool
	slots, maxSlots        int // replication slots
	senders, maxSenders    int // WAL senders
	keep                   string
	slotName               string
	slot                   follower.SlotState
	publication            []follower.Fault
	refused                []string // tables whose updates fail
	err                    error
}

func readCacheFacts(ctx context.Context, conn *pgx.Conn) (c cacheFacts) {
	c.keep = setting(ctx, conn, "max_slot_wal_keep_size")
	c.maxSlots, c.maxSenders = intSetting(ctx, conn, "max_replication_slots"), intSetting(ctx, conn, "max_wal_senders")
	errs := make([]error, 4)
	errs[0] = conn.QueryRow(ctx, `SELECT current_user,
		(SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
		coalesce(has_table_privilege(to_regclass('cache_epoch'), 'SELECT, INSERT, UPDATE')
			AND has_table_privilege(to_regclass('cache_life'), 'SELECT, INSERT, UPDATE'), false),
		(SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_stat_replication)`).
		Scan(&c.user, &c.mayReplicate, &c.mayWrite, &c.slots, &c.senders)
	c.slotName = follower.SlotName(conn.Config().Database)
	c.slot, errs[1] = follower.InspectSlot(ctx, conn, c.slotName)
	c.publication, errs[2] = follower.InspectPublication(ctx, conn)
	c.refused, errs[3] = follower.RefusedUpdates(ctx, conn)
	c.err = errors.Join(errs...)
	return c
}

func judgeCaches(c cacheFacts) []finding {
	if c.err != nil {
		return []finding{{"cache log", "cannot be looked at: " + reason(c.err), "", false}}
	}
	f := []finding{
		judge("cache user", c.user+" has REPLICATION", !c.mayReplicate, "ALTER ROLE "+c.user+" REPLICATION, without which nothing is kept in caches", false),
		judge("cache tables", c.user+" writes cache_epoch and cache_life", !c.mayWrite, "GRANT SELECT, INSERT, UPDATE ON cache_epoch, cache_life TO "+c.user, false),
		judge("cache slots", fmt.Sprintf("%d of %d replication slots in use", c.slots, c.maxSlots), !c.slot.Exists && c.slots >= c.maxSlots,
			"none is free: raise max_replication_slots, which takes a restart, or drop slots that nobody reads", false),
		judge("cache senders", fmt.Sprintf("%d of %d WAL senders in use", c.senders, c.maxSenders), !c.slot.Active && c.senders >= c.maxSenders,
			"none is free: raise max_wal_senders, which takes a restart", false),
		judge("log kept", "max_slot_wal_keep_size is "+c.keep, c.keep == "-1",
			"set it, to 10GB for example: while no instance runs, the slot makes the primary keep all its log, until the disk is full", false),
		judgeSlot(c.slotName, c.slot),
	}
	if !c.mayReplicate {
		f[0].found = c.user + " lacks REPLICATION"
	}
	if !c.mayWrite {
		f[1].found = c.user + " cannot write cache_epoch and cache_life"
	}
	if len(c.publication) == 0 {
		f = append(f, finding{"publication", "souk_cache is complete", "", false})
	}
	for _, fault := range c.publication {
		f = append(f, finding{"publication", "souk_cache: " + fault.Found, fault.Cure, false})
	}
	if len(c.refused) > 0 {
		f = append(f, finding{
			"publication", "each UPDATE of " + strings.Join(c.refused, ", ") + " fails: REPLICA IDENTITY FULL, and a publication with a list of columns",
			"ALTER TABLE … REPLICA IDENTITY DEFAULT, or publish all columns", true,
		})
	}
	return f
}

// slotIsLate is how far the slot's reader may be behind the end of the log: beats come ten times a
// second, and a server that is busy writes some ten MB in the meantime.
const slotIsLate = 64 << 20

func judgeSlot(name string, s follower.SlotState) finding {
	what, found := "cache slot", ""
	switch {
	case !s.Exists:
		return finding{what, name + " is not there yet: the first instance that runs makes it", "", false}
	case s.Foreign:
		return finding{what, name + " is another program's", "drop it, if nobody needs it: SELECT pg_drop_replication_slot('" + name + "')", false}
	case s.Lost:
		return finding{
			what, name + " has lost its log, as nobody read it for too long",
			"nothing to do: the next instance makes it anew, and begins with empty caches. If it happens while instances run, raise max_slot_wal_keep_size", false,
		}
	case !s.Active:
		found = fmt.Sprintf("%s is read by nobody; the primary keeps %s of log for it", name, megabytes(s.Held))
		return finding{what, found, "start an instance. If Souk, or its caches, are given up: SELECT pg_drop_replication_slot('" + name + "')", false}
	}
	found = fmt.Sprintf("%s is read, %s behind", name, megabytes(s.Behind))
	return judge(what, found, s.Behind > slotIsLate, "the instance that follows the log is late: look for caches out in the log, and for a large import", false)
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

// identities return which server and database two connections lead to.
func identities(ctx context.Context, a, b *pgx.Conn) (ofA, ofB string, err error) {
	const identity = `SELECT concat(current_database(), ' ', pg_postmaster_start_time(), ' ', pg_is_in_recovery())`
	err = errors.Join(a.QueryRow(ctx, identity).Scan(&ofA), b.QueryRow(ctx, identity).Scan(&ofB))
	return ofA, ofB, err
}

// walLevel checks what the log has: replicas need some of it, and caches more.
func (d *Doctor) walLevel(ctx context.Context, conn *pgx.Conn) finding {
	level := setting(ctx, conn, "wal_level")
	outbox, err := follower.InspectOutbox(ctx, conn)
	if d.CacheBytes == 0 || err == nil && outbox.On {
		return judge("wal_level", level, level == "minimal", "set wal_level to replica or logical; otherwise no replica can follow", false)
	}
	return judge("wal_level", level, level != "logical",
		"set wal_level = logical and restart the primary: until then, nothing is kept in caches. Where that is not to be had, run souk cache outbox enable", false)
}
