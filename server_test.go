package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/command"
)

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
