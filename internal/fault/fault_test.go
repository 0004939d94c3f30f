package fault_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

func TestCodesHasEveryCode(t *testing.T) {
	source, err := os.ReadFile("fault.go")
	require.NoError(t, err)
	var declared []fault.Code
	for _, match := range regexp.MustCompile(`\tCode\w+ Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		declared = append(declared, fault.Code(match[1]))
	}
	require.NotEmpty(t, declared)
	require.Equal(t, declared, fault.Codes())
}

func TestCodeOf(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want fault.Code
	}{
		"nil has no code":                     {nil, ""},
		"a foreign error is internal":         {io.EOF, fault.CodeInternal},
		"a fault has its own code":            {fault.Invalid("first must be positive"), fault.CodeBadUserInput},
		"a wrapped fault keeps its code":      {fmt.Errorf("list products: %w", fault.NotFound("no such shop")), fault.CodeNotFound},
		"the outermost of two faults decides": {fault.Wrap(fault.NotFound("gone"), fault.CodeConflict, "read again"), fault.CodeConflict},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, fault.CodeOf(tc.err))
			require.Equal(t, tc.want != "", fault.Is(tc.err, tc.want))
		})
	}
}

func TestErrorShowsTheCauseToOperatorsOnly(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:5432: connection refused")
	err := fault.Unavailable(cause, "The shop is being repaired. Try again in a minute.")

	require.ErrorIs(t, err, cause)
	require.Contains(t, err.Error(), "10.0.0.7")
	require.NotContains(t, err.Message, "10.0.0.7")
}
