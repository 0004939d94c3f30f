package command_test

import (
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/command"
	"souk/internal/dbtest"
)

func TestTheDemoGoesOnWithAnInterruptedFilling(t *testing.T) {
	db := dbtest.New(t)
	fill := func() {
		t.Helper()
		demo := command.Demo{Asked: new(true), Own: true, Products: 60, Listen: "127.0.0.1:8080", Log: slog.New(slog.DiscardHandler)}
		_, err := demo.Prepare(t.Context(), db.PrimaryURL)
		require.NoError(t, err)
	}
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	count := func(table string) (n int) {
		t.Helper()
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	execute := func(statement string) {
		t.Helper()
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}

	fill()
	require.Equal(t, 60, count("products"))
	reviews, levels := count("reviews"), count("inventory_levels")
	require.NotZero(t, reviews)

	// What is there when the process was killed after the products.
	execute(`DELETE FROM reviews`)
	execute(`DELETE FROM inventory_levels WHERE location_id <> (
		SELECT location_id FROM inventory_levels GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)`)
	require.Less(t, count("inventory_levels"), levels)
	fill()
	require.Equal(t, reviews, count("reviews"))
	require.Equal(t, levels, count("inventory_levels"))

	// A shop of somebody's own is left alone, whatever it lacks.
	execute(`DELETE FROM reviews`)
	execute(`DELETE FROM inventory_levels`)
	execute(`UPDATE products SET source = 'mine'`)
	fill()
	require.Equal(t, 60, count("products"))
	require.Zero(t, count("reviews"))
}
