package command_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/command"
	"souk/internal/dbtest"
	"souk/migrations"
)

// TestMigrateDownDestroysWhatItSaid reverts every migration in turn, over a filled shop,
// and compares what was said with the tables before and after.
func TestMigrateDownDestroysWhatItSaid(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	demo := wanted("127.0.0.1:8080")
	demo.Products = 40
	_, err = demo.Prepare(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	at := command.Primary{DatabaseURL: db.PrimaryURL}
	list, err := migrations.List(t.Context(), db.PrimaryURL)
	require.NoError(t, err)

	tables := func() (names []string) {
		rows, err := conn.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
		require.NoError(t, err)
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return names
	}
	for i := len(list) - 1; i >= 0; i-- {
		before := tables()
		loss, err := migrations.NextLoss(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		require.Equal(t, list[i].Name, loss.Name)
		require.ElementsMatch(t, before, tables(), "the trial changes nothing")
		said := strings.Join(loss.Items, "\n") + "\n"

		var out bytes.Buffer
		require.NoError(t, (&command.MigrateDown{Primary: at, Yes: true, Out: &out}).Run(t.Context()))
		require.Contains(t, out.String(), "reverted "+list[i].Name)
		for _, item := range loss.Items {
			require.Contains(t, out.String(), item)
		}
		after := strings.Join(tables(), "\n") + "\n"
		for _, table := range before {
			require.Equal(t, !strings.Contains("\n"+after, "\n"+table+"\n"), strings.Contains(said, "the table "+table+" with "), table)
		}
	}
	var out bytes.Buffer
	require.NoError(t, (&command.MigrateDown{Primary: at, Yes: true, Out: &out}).Run(t.Context()))
	require.Contains(t, out.String(), "nothing to revert")

	t.Run("and up says what it did", func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, (&command.MigrateUp{Primary: at, Out: &out}).Run(t.Context()))
		for _, step := range list {
			require.Regexp(t, `applied  `+step.Name+`  \(\d+`, out.String())
		}
		out.Reset()
		require.NoError(t, (&command.MigrateUp{Primary: at, Out: &out}).Run(t.Context()))
		require.Equal(t, "already current: no migration is missing\n", out.String())
	})
}

func TestMigrateDownCountsRowsAndColumns(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	// Down to the migration that adds columns to the catalogue's tables.
	for loss := (migrations.Loss{}); !strings.HasSuffix(loss.Name, "people_and_changes.sql"); {
		loss, err = migrations.NextLoss(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		if !strings.HasSuffix(loss.Name, "people_and_changes.sql") {
			require.NoError(t, migrations.Down(t.Context(), db.PrimaryURL))
		}
	}
	_, err = conn.Exec(t.Context(), `INSERT INTO customers (id, display_name, email, phone) VALUES
		(gen_random_uuid(), 'Ada', 'ada@example.com', '+49 30 1'), (gen_random_uuid(), 'Bo', 'bo@example.com', NULL)`)
	require.NoError(t, err)
	loss, err := migrations.NextLoss(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	require.Contains(t, loss.Items, "the column customers.phone, which has a value in 1 of 2 rows")
	require.Contains(t, loss.Items, "the table sessions with 0 rows")
}

func TestMigrateDownLeavesAnAuditLogThatTheVersionBeforeReads(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes)
SELECT gen_random_uuid(), actor, gen_random_uuid(), '', subject, gen_random_uuid(), '', '[]'
FROM (VALUES ('STAFF', 'PRODUCT'), ('STAFF', 'SHOP'), ('OPERATOR', 'IMPORT_RUN'), ('STAFF', 'IMPORT_RUN'), ('OPERATOR', 'STAFF')) AS e (actor, subject)`)
	require.NoError(t, err)
	for reverted := ""; !strings.HasSuffix(reverted, "_shop.sql"); {
		loss, err := migrations.NextLoss(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		if strings.HasSuffix(loss.Name, "_imports.sql") || strings.HasSuffix(loss.Name, "_shop.sql") {
			require.Contains(t, strings.Join(loss.Items, "\n"), "2 rows of the table audit_events", loss.Name)
		}
		require.NoError(t, migrations.Revert(t.Context(), db.PrimaryURL, loss.Name))
		reverted = loss.Name
	}
	var left string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT string_agg(actor_kind || ' ' || subject_kind, ', ') FROM audit_events`).Scan(&left))
	require.Equal(t, "STAFF PRODUCT", left)
}

func TestMigrateDownAsks(t *testing.T) {
	db := dbtest.New(t)
	at := command.Primary{DatabaseURL: db.PrimaryURL}
	list, err := migrations.List(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	newest := list[len(list)-1].Name
	applied := func() bool {
		now, err := migrations.List(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
		return now[len(now)-1].Applied
	}
	for name, in := range map[string]io.Reader{
		"no":                     strings.NewReader("no\n"),
		"nothing":                strings.NewReader("\n"),
		"an end of the input":    strings.NewReader(""),
		"no terminal (a test's)": nil,
	} {
		t.Run(name+" is no agreement", func(t *testing.T) {
			var out bytes.Buffer
			err := (&command.MigrateDown{Primary: at, In: in, Out: &out}).Run(t.Context())
			require.ErrorContains(t, err, "nothing was reverted")
			require.Equal(t, in != nil, strings.Contains(out.String(), "Reverting "+newest), "what nobody can answer is not tried")
			require.True(t, applied())
		})
	}
	t.Run("another migration than the one that was asked about stays", func(t *testing.T) {
		require.ErrorContains(t, migrations.Revert(t.Context(), db.PrimaryURL, list[len(list)-2].Name), "nothing was reverted")
		require.True(t, applied())
	})
	t.Run("yes is", func(t *testing.T) {
		require.NoError(t, (&command.MigrateDown{Primary: at, In: strings.NewReader("yes\n"), Out: io.Discard}).Run(t.Context()))
		require.False(t, applied())
	})
}
