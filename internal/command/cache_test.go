package command_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/command"
	"souk/internal/dbtest"
)

func TestTheOutboxIsEnabledAndDisabled(t *testing.T) {
	db := dbtest.New(t)
	at := command.Primary{DatabaseURL: db.PrimaryURL}
	var out bytes.Buffer
	says := func(run func(context.Context) error) string {
		t.Helper()
		out.Reset()
		require.NoError(t, run(t.Context()))
		return out.String()
	}
	status := (&command.OutboxStatus{Primary: at, Out: &out}).Run
	enable := (&command.OutboxEnable{Primary: at, Out: &out}).Run
	const off, on = "outbox off: caches follow the database's log\n",
		"outbox on: caches follow it, and each statement that changes what is cached is noted there\n"
	require.Equal(t, off, says(status))
	require.Equal(t, on, says(enable))
	require.Equal(t, on, says(enable), "twice is as good as once")
	require.Equal(t, on, says(status))

	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `DROP TRIGGER cache_outbox_truncate ON vendors`)
	require.NoError(t, err)
	require.Contains(t, says(status), "incomplete, so caches are out: triggers are missing for vendors\n")
	require.Equal(t, off, says((&command.OutboxDisable{Primary: at, Out: &out}).Run))
	require.Equal(t, off, says(status))
}

// TestAnOutboxThatCannotBeMadeChangesNothing holds one of the tables for longer than the triggers
// wait for it.
func TestAnOutboxThatCannotBeMadeChangesNothing(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `BEGIN; UPDATE shop SET name = 'x'`)
	require.NoError(t, err)
	at := command.Primary{DatabaseURL: db.PrimaryURL}
	var out bytes.Buffer
	require.ErrorContains(t, (&command.OutboxEnable{Primary: at, Out: &out}).Run(t.Context()), "the trigger of shop")
	require.NoError(t, (&command.OutboxStatus{Primary: at, Out: &out}).Run(t.Context()))
	require.Contains(t, out.String(), "outbox off")
}
