package password

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const email = "mira.stone@example.com"
	for name, test := range map[string]struct{ password, complaint string }{
		"accepts a good one":                       {"a quiet green door", ""},
		"accepts eight characters":                 {"hq7-mmvt", ""},
		"accepts eight characters of any script":   {"пароль-я", ""},
		"accepts 256 characters":                   {strings.Repeat("é8", 128), ""},
		"accepts what holds a common one":          {"my password is odd", ""},
		"refuses none":                             {"", "too short"},
		"refuses seven characters":                 {"hq7-mmv", "too short"},
		"refuses seven characters of many bytes":   {"ключики", "too short"},
		"counts a letter with its accent once":     {strings.Repeat("e\u0301", 7), "too short"},
		"refuses 257 characters":                   {strings.Repeat("é8", 128) + "x", "too long"},
		"refuses a megabyte":                       {strings.Repeat("x", 1<<20), "too long"},
		"refuses the first of the list":            {strings.Fields(common)[0], "very common"},
		"refuses the last of the list":             {strings.Fields(common)[len(strings.Fields(common))-1], "very common"},
		"refuses a common one":                     {"password1", "very common"},
		"refuses a common one in capitals":         {"PassWord1", "very common"},
		"refuses one character all along":          {"zzzzzzzzzzzz", "very common"},
		"refuses the e-mail's name":                {"mira.stone", "e-mail"},
		"refuses the e-mail's name in capitals":    {"MIRA.Stone", "e-mail"},
		"refuses the e-mail address":               {email, "e-mail"},
		"refuses what is no text":                  {"hq7-mmvt\xff", "cannot be typed"},
		"refuses a zero byte":                      {"hq7-mmvt\x00", "cannot be typed"},
		"does not take two of the list for one":    {strings.Join(strings.Fields(common)[:2], "\n"), ""},
		"does not take a part of the list for one": {"assword12", ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(test.password, email)
			if test.complaint == "" {
				require.NoError(t, err)
				return
			}
			require.True(t, fault.Is(err, fault.CodeBadUserInput))
			require.ErrorContains(t, err, test.complaint)
			if len(test.password) > 6 {
				require.NotContains(t, err.Error(), test.password)
			}
		})
	}

	t.Run("needs no e-mail", func(t *testing.T) { require.NoError(t, Check("a quiet green door", "")) })
}

func TestCommonPasswordsCouldBeChosen(t *testing.T) {
	t.Parallel()
	list := strings.Fields(common)
	require.Greater(t, len(list), 200)
	for _, password := range list {
		require.Equal(t, strings.ToLower(password), password)
		require.GreaterOrEqual(t, utf8.RuneCountInString(password), MinCharacters, password)
		require.ErrorContains(t, Check(password, ""), "very common", password)
	}
}
