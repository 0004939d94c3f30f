package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"souk/internal/command"
)

func TestWrongUsageNamesTheHelpOfTheCommand(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://localhost")
	for args, want := range map[string]string{
		"import table x.csv":             "souk import table --help",
		"import shopify-products --nope": "souk import shopify-products --help",
		"import tabel":                   "souk import --help",
		"shop set --nope":                "souk shop set --help",
		"nope":                           "souk --help",
	} {
		var c commands
		parser, err := kong.New(&c)
		require.NoError(t, err)
		_, err = parser.Parse(strings.Fields(args))
		require.Error(t, err, args)
		require.Equal(t, want, helpFor(err), args)
	}
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"success":              {nil, 0},
		"any error":            {errors.New("the database does not answer"), 1},
		"a command's own code": {command.Exit(7), 7},
		"wrong usage":          {&command.Failure{Code: command.ExitUsage, Err: errors.New("give a currency")}, 2},
		"a wrapped failure":    {fmt.Errorf("import: %w", &command.Failure{Code: 3, Err: errors.New("rows were rejected")}), 3},
	} {
		require.Equal(t, c.want, exitCode(t.Context(), c.err), name)
	}
}
